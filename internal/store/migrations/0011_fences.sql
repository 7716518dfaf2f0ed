-- Who may commit what several processes take turns at: each holder gets a token above all before, and a commit under an
-- older one is refused.

CREATE TABLE fences (
	name  @text    NOT NULL PRIMARY KEY,
	token @integer NOT NULL
) @options;

CREATE INDEX positions_by_stream ON positions (stream);
