"""From a table as people write it to the entities' fields: profiles, the template, and the page that explains both."""
