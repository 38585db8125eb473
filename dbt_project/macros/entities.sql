{# The entities' fields and their types, as connectors/entities.py has them; tests hold the two alike. #}
{% macro entity_fields() -%}
    {%- do return({
        'jobs': {
            'source': 'varchar', 'job_id': 'varchar', 'title': 'varchar', 'job_family': 'varchar',
            'department': 'varchar', 'hiring_type': 'varchar', 'status': 'varchar',
            'opened_date': 'date', 'closed_date': 'date', 'openings': 'bigint',
            'target_start_date': 'date',
        },
        'candidates': {
            'source': 'varchar', 'candidate_id': 'varchar', 'full_name': 'varchar',
            'family_name': 'varchar', 'given_name': 'varchar', 'kana': 'varchar',
            'email': 'varchar', 'phone': 'varchar', 'birth_date': 'date', 'created_at': 'timestamp',
            'is_anonymised': 'boolean',
        },
        'applications': {
            'source': 'varchar', 'application_id': 'varchar', 'candidate_id': 'varchar',
            'job_id': 'varchar', 'channel_label': 'varchar', 'agency_label': 'varchar',
            'referrer_label': 'varchar', 'is_prospect': 'boolean', 'applied_at': 'timestamp',
            'applied_at_basis': 'varchar', 'status_label': 'varchar', 'outcome': 'varchar',
            'closed_at': 'timestamp', 'closed_by': 'varchar', 'current_stage_label': 'varchar',
            'updated_at': 'timestamp',
        },
        'application_reasons': {
            'source': 'varchar', 'application_id': 'varchar', 'ordinal': 'bigint',
            'reason_label': 'varchar', 'party': 'varchar', 'reason_text': 'varchar',
        },
        'stage_events': {
            'source': 'varchar', 'application_id': 'varchar', 'event_id': 'varchar',
            'stage_label': 'varchar', 'entered_at': 'timestamp', 'exited_at': 'timestamp',
            'exit_type': 'varchar', 'precision': 'varchar',
        },
        'interviews': {
            'source': 'varchar', 'interview_id': 'varchar', 'application_id': 'varchar',
            'stage_label': 'varchar', 'scheduled_at': 'timestamp', 'held_at': 'timestamp',
            'status': 'varchar',
        },
        'evaluations': {
            'source': 'varchar', 'evaluation_id': 'varchar', 'application_id': 'varchar',
            'interview_id': 'varchar', 'stage_label': 'varchar', 'interviewer_label': 'varchar',
            'interviewer_department': 'varchar', 'criterion': 'varchar', 'score': 'double',
            'score_min': 'double', 'score_max': 'double', 'recommendation': 'varchar',
            'submitted_at': 'timestamp', 'comment': 'varchar',
        },
        'offers': {
            'source': 'varchar', 'offer_id': 'varchar', 'version': 'bigint',
            'application_id': 'varchar', 'status': 'varchar', 'sent_at': 'timestamp',
            'resolved_at': 'timestamp', 'decline_reason_label': 'varchar', 'start_date': 'date',
            'annual_salary': 'decimal(18, 2)',
        },
        'employees': {
            'source': 'varchar', 'employee_id': 'varchar', 'spell_no': 'bigint',
            'application_id': 'varchar', 'full_name': 'varchar', 'kana': 'varchar',
            'email': 'varchar', 'birth_date': 'date', 'department': 'varchar', 'hire_date': 'date',
            'last_date': 'date', 'termination_type': 'varchar', 'reason_label': 'varchar',
        },
        'reviews': {
            'source': 'varchar', 'employee_id': 'varchar', 'period_end_date': 'date',
            'rating': 'double', 'rating_min': 'double', 'rating_max': 'double',
        },
        'channel_costs': {
            'source': 'varchar', 'cost_id': 'varchar', 'channel_label': 'varchar',
            'kind': 'varchar', 'period_start_date': 'date', 'period_end_date': 'date',
            'amount': 'decimal(18, 2)', 'application_id': 'varchar',
        },
        'messages': {
            'source': 'varchar', 'message_id': 'varchar', 'direction': 'varchar',
            'from_address': 'varchar', 'to_address': 'varchar', 'subject': 'varchar',
            'sent_at': 'timestamp', 'kind': 'varchar', 'relay_url_present': 'boolean',
            'relay_token': 'varchar', 'delivery': 'varchar', 'application_id': 'varchar',
        },
        'feedback': {
            'source': 'varchar', 'feedback_id': 'varchar', 'thread_label': 'varchar',
            'author_label': 'varchar', 'posted_at': 'timestamp', 'application_id': 'varchar',
            'candidate_ref': 'varchar', 'text': 'varchar',
        },
        'relay_clicks': {
            'source': 'varchar', 'click_id': 'varchar', 'token': 'varchar',
            'clicked_at': 'timestamp', 'is_automated': 'boolean',
        },
        'relay_registrations': {
            'source': 'varchar', 'registration_id': 'varchar', 'token': 'varchar',
            'email': 'varchar', 'email_hash': 'varchar', 'registered_at': 'timestamp',
            'status': 'varchar', 'status_at': 'timestamp', 'outcome_elsewhere': 'varchar',
        },
        'relay_slot_uses': {
            'source': 'varchar', 'slot_use_id': 'varchar', 'used_at': 'timestamp',
            'application_id': 'varchar', 'job_id': 'varchar',
        },
    }) -%}
{%- endmacro %}
