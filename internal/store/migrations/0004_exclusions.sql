-- What a rule does not look at on one path of one site, until it expires. They go with their site.

CREATE TABLE exclusions (
	tenant  @text NOT NULL REFERENCES tenants (id),
	site    @text NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
	id      @text NOT NULL,
	data    @text NOT NULL,
	PRIMARY KEY (tenant, site, id)
) @options;
