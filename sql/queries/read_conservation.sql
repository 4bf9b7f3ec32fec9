-- Accepted minus the sum of all states, per channel and currency: 0 everywhere (guarantee 2).
SELECT c.tenant, c.destination, c.currency, coalesce(c.accepted_count, 0)::bigint AS accepted_count,
    coalesce(c.residual_count, 0)::bigint AS residual_count,
    coalesce(c.accepted_minor, 0)::text AS accepted_minor,
    coalesce(c.residual_minor, 0)::text AS residual_minor
FROM clearway.v_conservation c
ORDER BY c.tenant, c.destination, c.currency
