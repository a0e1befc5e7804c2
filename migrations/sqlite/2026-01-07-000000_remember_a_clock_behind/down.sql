ALTER TABLE clock_watch DROP COLUMN behind_until;
