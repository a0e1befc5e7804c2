DROP TABLE login_daily_counts;
DROP TABLE login_successes;
