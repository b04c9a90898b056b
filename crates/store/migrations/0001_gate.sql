CREATE TABLE report (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    skill TEXT NOT NULL,
    digest TEXT NOT NULL,
    path TEXT NOT NULL,
    decision TEXT NOT NULL,
    complete BIGINT NOT NULL,
    started_at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX report_in_order ON report (tenant, seq);
CREATE INDEX report_by_skill ON report (tenant, skill, seq);
CREATE INDEX report_by_digest ON report (tenant, digest, seq);

CREATE TABLE quarantine (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    part TEXT NOT NULL,
    state TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, subject, part)
);
CREATE INDEX quarantine_in_force ON quarantine (tenant, state);

CREATE TABLE promotion (
    tenant TEXT NOT NULL,
    skill TEXT NOT NULL,
    digest TEXT NOT NULL,
    destination TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, destination)
);
CREATE INDEX promotion_by_digest ON promotion (tenant, digest);

CREATE TABLE audit (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
