-- Reads how many lanes want a holder and how far the signals have come; the second number bounds later claims from below.
SELECT
    (SELECT last_value FROM clearway.signal_id_seq) AS last_signal_id,
    (SELECT last_value FROM clearway.message_id_seq) AS last_message_id
