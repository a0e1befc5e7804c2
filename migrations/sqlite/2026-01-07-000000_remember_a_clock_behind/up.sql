-- The time that a clock which is behind has to reach until it is no longer behind; NULL if it is not.
ALTER TABLE clock_watch ADD COLUMN behind_until INTEGER;
