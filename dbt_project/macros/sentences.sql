{# What mart_findings says, a template a kind and language. {k}, {n}: whole numbers; {value %}: a share as per cent;
   the others are named in `finding_words`. #}
{% macro finding_templates() %}
    {{ return({
        'bottleneck_stage': {
            'en': '{family}: {stage} passes {value %} % ({k} of {n}), other families {other value %} %.',
            'ja': '{family}：{stage}の通過率は{value %}%（{n}人中{k}人）、他の職種では{other value %}%です。',
        },
        'better_channel': {
            'en': '{channel} hires {value %} % of closed applications ({k} of {n}), {other channel} {other value %} %.',
            'ja': '{channel}の採用率は{value %}%（{n}人中{k}人）、{other channel}は{other value %}%です。',
        },
        'growing_withdrawal_reason': {
            'en': 'Withdrawals for {reason} grew to {value %} % ({k} of {n}) in three months,'
                ~ ' from {other value %} % in the year before.',
            'ja': '辞退理由「{reason}」が直近3か月で{value %}%（{n}人中{k}人）に増えました'
                ~ '（その前の1年は{other value %}%）。',
        },
        'department_apart': {
            'en': '{department} scores the same applicants {points} points {direction} than other departments'
                ~ ' ({n} applications).',
            'ja': '{department}の評点は、同じ応募者への他部門の評点より{points}ポイント{direction}です（{n}件）。',
        },
        'overdue_stage': {
            'en': '{family}, {department}: {k} of {n} waiting in {stage} are past {other value} days,'
                ~ ' which nine in ten never were; the longest {value}.',
            'ja': '{family}・{department}：{stage}で待つ{n}人中{k}人が、9割が終わる{other value}日を過ぎています'
                ~ '（最長{value}日）。',
        },
        'silver_medallists': {
            'en': '{family}: {k} people reached the final interview before, and {other value} jobs are open.',
            'ja': '{family}：過去に最終面接まで進んだ{k}人がいます（募集中の求人{other value}件）。',
        },
        'rejected_without_relay_line': {
            'en': '{department}: {k} of {n} rejection mails of this month and the last had no relay line.',
            'ja': '{department}：今月と先月の不採用通知{n}通のうち{k}通にリレーの一行がありません。',
        },
        'slots_about_to_lapse': {
            'en': '{k} unused relay slots lapse soon, the first in {value} days.',
            'ja': '未使用のリレー枠{k}枠がまもなく失効します（最短{value}日後）。',
        },
    }) }}
{% endmacro %}


{% macro finding_words(language) %}
    {% set higher, lower = {'en': ('higher', 'lower'), 'ja': ('高い', '低い')}[language] %}
    {{ return({
        'family': 'named.job_family',
        'department': 'named.department',
        'stage': 'named.stage_' ~ language,
        'channel': 'named.channel_' ~ language,
        'other channel': 'named.other_' ~ language,
        'reason': 'named.reason_' ~ language,
        'k': whole('named.k'),
        'n': whole('named.n'),
        'value': whole('round(named.value)'),
        'other value': whole('round(named.comparison_value)'),
        'value %': percent('named.value'),
        'other value %': percent('named.comparison_value'),
        'points': percent('abs(named.value)'),
        'direction': "case when named.value > 0 then '" ~ higher ~ "' else '" ~ lower ~ "' end",
    }) }}
{% endmacro %}


{% macro finding_sentence(language) -%}
    {%- set words = finding_words(language) -%}
    case named.finding_kind
        {%- for kind, templates in finding_templates().items() %}
        when '{{ kind }}' then concat_ws('', {{ fill_template(templates[language], words) }})
        {%- endfor %}
    end
{%- endmacro %}


{# The parts of a template as SQL texts: what stands in braces is looked up in `words`. #}
{% macro fill_template(template, words) -%}
    {%- set parts = [] -%}
    {%- for piece in template.split('{') -%}
        {%- set name, _, rest = piece.rpartition('}') -%}
        {%- if name -%}{%- do parts.append(words[name]) -%}{%- endif -%}
        {%- if rest -%}{%- do parts.append("'" ~ rest ~ "'") -%}{%- endif -%}
    {%- endfor -%}
    {{ parts | join(', ') }}
{%- endmacro %}


{% macro whole(number) -%}
    cast(cast({{ number }} as bigint) as string)
{%- endmacro %}
