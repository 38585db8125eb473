{{ config(severity='warn') }}
-- A message that names two applicants, or a name that two have, is tied to none: a link to the application
-- in the chat says which one is meant.
select
    source,
    feedback_id,
    n_persons
from {{ ref('stg_identity__feedback_xref') }}
where n_persons > 1
