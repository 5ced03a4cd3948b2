-- One word for bytes in both databases, so that the tables are written once.
CREATE DOMAIN blob AS bytea;
