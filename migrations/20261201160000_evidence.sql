-- What stood in a run's artifacts and is no report: JSON, for people. None for a run that was read before this was kept.
ALTER TABLE report_run ADD COLUMN passed_over TEXT;
