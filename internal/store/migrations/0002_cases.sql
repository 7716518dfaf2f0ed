-- Cases: who answers for what happened. A change of a case is never altered; (case_id, revision) names it.

CREATE TABLE cases (
	tenant   @text    NOT NULL REFERENCES tenants (id),
	id       @text    NOT NULL,
	revision @integer NOT NULL,
	updated  @integer NOT NULL,
	state    @integer NOT NULL,
	quiet    @integer NOT NULL, -- suppressed until then
	severity @integer NOT NULL, -- as people see it
	data     @text    NOT NULL,
	PRIMARY KEY (tenant, id)
) @options;

CREATE INDEX cases_by_change ON cases (tenant, updated, id);

CREATE TABLE changes (
	tenant   @text    NOT NULL REFERENCES tenants (id),
	case_id  @text    NOT NULL,
	revision @integer NOT NULL,
	time     @integer NOT NULL,
	place    @text    NOT NULL, -- case_id and revision in one, in the order of both: what pages are cut by
	tell     @text    NOT NULL,
	data     @text    NOT NULL,
	PRIMARY KEY (tenant, case_id, revision)
) @options;

CREATE INDEX changes_by_time ON changes (tenant, time, place);

CREATE TABLE suppressions (
	tenant  @text    NOT NULL REFERENCES tenants (id),
	id      @text    NOT NULL,
	holds   @text    NOT NULL, -- key and family of the incidents that it holds for
	expires @integer NOT NULL,
	data    @text    NOT NULL,
	PRIMARY KEY (tenant, id)
) @options;

CREATE INDEX suppressions_by_expiry ON suppressions (tenant, expires);
