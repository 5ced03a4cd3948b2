-- A delivery that was given up runs again when GitHub sends it again. Then `received_at` is when it came again,
-- and this is when it came first; null where the two are the same. Whoever wrote or pressed something meant it
-- before the first, and it is late by the second.
ALTER TABLE delivery ADD COLUMN first_received_at BIGINT;
