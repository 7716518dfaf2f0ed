-- The first records. @words are column types, see the dialects.
-- Times are microseconds since 1970 in UTC. "data" is the record whole, as JSON; the columns beside it are what we search
-- by. Where events are kept apart by time, that is part of their key. An absent name (no site, no incident) is the empty text.

CREATE TABLE sekisho_schema (
	version @integer NOT NULL PRIMARY KEY,
	name    @text    NOT NULL,
	applied @integer NOT NULL
) @options;

CREATE TABLE tenants (
	id      @text    NOT NULL PRIMARY KEY,
	name    @text    NOT NULL,
	created @integer NOT NULL
) @options;

CREATE TABLE users (
	id     @text NOT NULL PRIMARY KEY,
	email  @text NOT NULL UNIQUE,
	role   @text NOT NULL,
	tenant @text REFERENCES tenants (id) -- NULL for an operator
) @options;

CREATE INDEX users_by_tenant ON users (tenant, email);

-- Secrets are stored as their SHA-256 only.
CREATE TABLE login_tokens (
	hash    @bytes   NOT NULL PRIMARY KEY,
	user_id @text    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires @integer NOT NULL
) @options;

CREATE TABLE sessions (
	hash    @bytes   NOT NULL PRIMARY KEY,
	user_id @text    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires @integer NOT NULL
) @options;

CREATE TABLE sites (
	id     @text NOT NULL PRIMARY KEY,
	tenant @text NOT NULL REFERENCES tenants (id),
	host   @text NOT NULL UNIQUE,
	data   @text NOT NULL
) @options;

CREATE INDEX sites_by_tenant ON sites (tenant, host);

-- Events, incidents and traffic outlive the site they speak of: the monthly report still counts it.
CREATE TABLE events (
	tenant   @text    NOT NULL REFERENCES tenants (id),
	id       @text    NOT NULL,
	time     @integer NOT NULL,
	site     @text    NOT NULL,
	incident @text    NOT NULL,
	data     @text    NOT NULL,
	PRIMARY KEY (@event_key)
) @event_options;

CREATE INDEX events_by_time ON events (tenant, time, id);
CREATE INDEX events_by_site ON events (tenant, site, time, id);
CREATE INDEX events_by_incident ON events (tenant, incident, time, id);

CREATE TABLE incidents (
	tenant   @text    NOT NULL REFERENCES tenants (id),
	id       @text    NOT NULL,
	last     @integer NOT NULL,
	site     @text    NOT NULL,
	severity @integer NOT NULL,
	data     @text    NOT NULL,
	PRIMARY KEY (tenant, id)
) @options;

CREATE INDEX incidents_by_last ON incidents (tenant, last, id);

-- What the incident engine remembers, and how far it has come in each stream.
CREATE TABLE memory (
	tenant  @text    NOT NULL REFERENCES tenants (id),
	kind    @text    NOT NULL,
	key     @text    NOT NULL,
	data    @bytes   NOT NULL,
	expires @integer NOT NULL,
	PRIMARY KEY (tenant, kind, key)
) @options;

CREATE INDEX memory_by_expiry ON memory (expires);

CREATE TABLE positions (
	tenant   @text    NOT NULL REFERENCES tenants (id),
	stream   @text    NOT NULL,
	position @integer NOT NULL,
	PRIMARY KEY (tenant, stream)
) @options;

CREATE TABLE traffic (
	tenant   @text    NOT NULL REFERENCES tenants (id),
	site     @text    NOT NULL,
	hour     @integer NOT NULL,
	requests @integer NOT NULL,
	blocked  @integer NOT NULL,
	detected @integer NOT NULL,
	failed   @integer NOT NULL,
	PRIMARY KEY (tenant, site, hour)
) @options;
