package import PaymentEvents
package import Postgres

extension MessageQueue {
    /// What the queue does with one type of event.
    package struct TypeRule: Sendable {
        package let typeID: Int16
        package let name: String
        package let attemptLimit: Int
        /// Later messages of the same key wait when one is dead.
        package let holdsSuccessors: Bool

        package init(typeID: Int16, name: String, attemptLimit: Int, holdsSuccessors: Bool) {
            self.typeID = typeID
            self.name = name
            self.attemptLimit = attemptLimit
            self.holdsSuccessors = holdsSuccessors
        }
    }

    private static let typeRulesStatement = Statement(
        name: "type_rules",
        sql: """
            SELECT type_id, name, attempt_limit, successor_policy = 'hold'
            FROM clearway.event_type
            """)

    package func typeRules() async throws(PostgresError) -> [TypeRule] {
        try await pool.query(Self.typeRulesStatement).map { row throws(PostgresError) in
            let (id, name, limit, holds) = try row.decode((Int16, String, Int16, Bool).self)
            return TypeRule(
                typeID: id, name: name, attemptLimit: Int(limit), holdsSuccessors: holds)
        }
    }

    /// A channel as a worker sees it.
    package struct Channel: Sendable {
        package let tenantID: Int32
        package let destinationID: Int16
        package let callsPerSecond: Int?
    }

    private static let channelsStatement = Statement(
        name: "channels",
        sql: """
            SELECT c.tenant_id, c.destination_id, b.calls_per_second
            FROM clearway.channel c
            LEFT JOIN clearway.budget b USING (tenant_id, destination_id)
            """)

    package func channels() async throws(PostgresError) -> [Channel] {
        try await pool.query(Self.channelsStatement).map { row throws(PostgresError) in
            let (tenant, destination, rate) = try row.decode((Int32, Int16, Int32?).self)
            return Channel(
                tenantID: tenant, destinationID: destination, callsPerSecond: rate.map(Int.init))
        }
    }

    private static let addTenantStatement = Statement(
        name: "add_tenant", sql: "SELECT clearway.add_tenant($1, $2)")
    private static let setBudgetStatement = Statement(
        name: "set_budget",
        sql: """
            INSERT INTO clearway.budget (tenant_id, destination_id, calls_per_second)
            VALUES ($1, $2, $3)
            ON CONFLICT (tenant_id, destination_id)
                DO UPDATE SET calls_per_second = EXCLUDED.calls_per_second
            """)

    /// Makes a tenant with a channel to each destination; again with the same name changes nothing.
    package func addTenant(
        _ name: String, laneCount: Int = 16
    ) async throws(PostgresError) -> Int32 {
        let rows = try await pool.query(Self.addTenantStatement, [name, Int16(laneCount)])
        return try rows[0].decode(column: 0, as: Int32.self)
    }

    /// Sets how many calls a second all workers together may make.
    package func setBudget(
        tenantID: Int32, destinationID: Int16, callsPerSecond: Int
    ) async throws(PostgresError) {
        _ = try await pool.query(
            Self.setBudgetStatement, [tenantID, destinationID, Int32(callsPerSecond)])
    }

    private static let addTeamsStatement = Statement(
        name: "add_teams",
        sql: """
            INSERT INTO clearway.team (team)
            SELECT DISTINCT t FROM unnest($1::text[]) AS u (t)
            ON CONFLICT DO NOTHING
            """)
    private static let addTypesStatement = Statement(
        name: "add_types",
        sql: """
            INSERT INTO clearway.event_type (
                name, kind, schema_version, destination_id, priority, successor_policy,
                attempt_limit, owner_team)
            SELECT u.name, u.kind, u.schema_version, d.destination_id, u.priority,
                u.successor_policy, u.attempt_limit, u.owner_team
            FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::smallint[],
                $6::text[], $7::smallint[], $8::text[])
                AS u (name, kind, schema_version, destination, priority, successor_policy,
                    attempt_limit, owner_team)
            JOIN clearway.destination d ON d.name = u.destination
            ORDER BY u.name
            ON CONFLICT (name) DO UPDATE
            SET kind = EXCLUDED.kind,
                schema_version = EXCLUDED.schema_version,
                destination_id = EXCLUDED.destination_id,
                priority = EXCLUDED.priority,
                successor_policy = EXCLUDED.successor_policy,
                attempt_limit = EXCLUDED.attempt_limit,
                owner_team = EXCLUDED.owner_team
            """)

    /// Writes the catalogue into the database, so that SQL producers get the same rules.
    package func publishCatalogue(
        _ definitions: [EventDefinition]
    ) async throws(PostgresError) {
        _ = try await pool.query(
            Self.addTeamsStatement,
            [definitions.map(\.owner.rawValue) + [OwnerTeam.integration.rawValue]])
        _ = try await pool.query(
            Self.addTypesStatement,
            [
                definitions.map(\.type.rawValue), definitions.map(\.kind.rawValue),
                definitions.map { Int32($0.schemaVersion) },
                definitions.map { $0.destinations[0].rawValue },
                definitions.map { Int16($0.priority) },
                definitions.map(\.successors.rawValue),
                definitions.map { Int16($0.attemptsMax) }, definitions.map(\.owner.rawValue),
            ])
    }
}
