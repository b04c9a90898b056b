CREATE TABLE event (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    id TEXT NOT NULL,
    tool TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    part TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE UNIQUE INDEX event_once ON event (tenant, id);

CREATE TABLE anomaly (
    tenant TEXT NOT NULL,
    signature TEXT NOT NULL,
    tool TEXT NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    shape TEXT NOT NULL,
    state TEXT NOT NULL,
    hits BIGINT NOT NULL,
    first_seen_ms BIGINT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, signature)
);
CREATE INDEX anomaly_by_tool ON anomaly (tenant, tool);
CREATE INDEX anomaly_by_state ON anomaly (tenant, state);

CREATE TABLE vaccination (
    tenant TEXT NOT NULL,
    signature TEXT NOT NULL,
    tool TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, signature)
);
CREATE INDEX vaccination_by_tool ON vaccination (tenant, tool);

CREATE TABLE approval (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
