-- Exports: other systems that take a tenant's records. The journal says in which order records were committed; it is kept
-- only for tenants with an export, which have a row in export_heads. Secrets are sealed inside "data".

CREATE TABLE exports (
	tenant @text NOT NULL REFERENCES tenants (id),
	id     @text NOT NULL,
	name   @text NOT NULL,
	data   @text NOT NULL,
	PRIMARY KEY (tenant, id),
	UNIQUE (tenant, name)
) @options;

CREATE TABLE export_states (
	tenant   @text    NOT NULL,
	export   @text    NOT NULL,
	revision @integer NOT NULL,
	position @integer NOT NULL,
	data     @text    NOT NULL,
	PRIMARY KEY (tenant, export),
	FOREIGN KEY (tenant, export) REFERENCES exports (tenant, id) ON DELETE CASCADE
) @options;

CREATE TABLE export_heads (
	tenant @text    NOT NULL PRIMARY KEY REFERENCES tenants (id),
	seq    @integer NOT NULL
) @options;

CREATE TABLE export_journal (
	tenant @text    NOT NULL,
	seq    @integer NOT NULL,
	kind   @text    NOT NULL, -- event or change
	id     @text    NOT NULL, -- of the event or the case
	part   @integer NOT NULL, -- time of the event, or revision of the case
	added  @integer NOT NULL,
	PRIMARY KEY (tenant, seq)
) @options;

CREATE INDEX export_journal_by_age ON export_journal (added);
