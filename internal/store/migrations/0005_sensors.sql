-- Sensors, and what is known of each from what it sent. Tokens and client certificates are in "data" as their SHA-256 only.

CREATE TABLE sensors (
	tenant @text NOT NULL REFERENCES tenants (id),
	id     @text NOT NULL,
	name   @text NOT NULL,
	data   @text NOT NULL,
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, name)
) @options;

CREATE TABLE sensor_states (
	tenant @text NOT NULL,
	sensor @text NOT NULL,
	data   @text NOT NULL,
	PRIMARY KEY (tenant, sensor),
	FOREIGN KEY (tenant, sensor) REFERENCES sensors (tenant, id) ON DELETE CASCADE
) @options;
