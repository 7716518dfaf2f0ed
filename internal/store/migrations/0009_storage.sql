-- How long a tenant's records are kept and how many bytes its events may take; 0 for what the installation says. "usage" is
-- what they take now: the JSON of the events, counted as they come and go.

ALTER TABLE tenants ADD COLUMN retention_days @integer NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN quota_bytes @integer NOT NULL DEFAULT 0;

CREATE TABLE usage (
	tenant  @text    NOT NULL PRIMARY KEY REFERENCES tenants (id),
	events  @integer NOT NULL,
	bytes   @integer NOT NULL,
	evicted @integer NOT NULL, -- events that had to go because the quota was full
	full_at @integer NOT NULL  -- when that happened last, or 0
) @options;

INSERT INTO usage (tenant, events, bytes, evicted, full_at)
	SELECT tenant, COUNT(*), SUM(octet_length(data)), 0, 0 FROM events GROUP BY tenant;

CREATE INDEX traffic_by_hour ON traffic (tenant, hour);
