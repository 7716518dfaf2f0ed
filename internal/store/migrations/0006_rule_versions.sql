-- Sets of rules that policies can be judged by, whole, and which of them is in force. "data" of rollout is its one record.

CREATE TABLE rule_versions (
	name    @text    NOT NULL PRIMARY KEY,
	release @text    NOT NULL,
	added   @integer NOT NULL,
	pack    @bytes   NOT NULL
) @options;

CREATE TABLE rollout (
	id   @integer NOT NULL PRIMARY KEY,
	data @text    NOT NULL
) @options;
