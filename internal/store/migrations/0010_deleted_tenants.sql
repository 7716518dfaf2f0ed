-- Tenants that were deleted: what still comes of them, from a spool or a sensor, is told from what belongs to nobody, and
-- their ids are not given again.

CREATE TABLE deleted_tenants (
	id      @text    NOT NULL PRIMARY KEY,
	deleted @integer NOT NULL
) @options;
