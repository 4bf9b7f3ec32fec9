import CLibpq
import Foundation

extension Wire {
    /// Tries the hosts of the URL in order, each with an equal share of the time that is left, so
    /// that one silent host does not use up what the next would need.
    static func connect(
        _ parameters: ConnectionParameters, wake: Wake, limit: Duration,
        _ interruption: Interruption
    ) throws(PostgresError) -> Wire {
        let hosts = parameters.perHost
        let end = ContinuousClock.now + limit
        for (index, host) in hosts.enumerated() {
            let share = ContinuousClock.now.duration(to: end) / (hosts.count - index)
            do throws(PostgresError) {
                return try connect(
                    host, wake: wake, Patience(share, interruption, ending: .closeConnection))
            } catch {
                if error.code == .cancelled { throw error }
                guard index == hosts.count - 1 else { continue }
                guard error.code == .deadlineExceeded else { throw error }
            }
        }
        throw PostgresError(
            .connectionFailed,
            "cannot connect to PostgreSQL (\(parameters.place)) within \(limit)",
            hint: "is the server running and reachable?")
    }

    private static func connect(
        _ parameters: ConnectionParameters, wake: Wake, _ patience: Patience
    ) throws(PostgresError) -> Wire {
        var patience = patience
        let pairs = parameters.values.sorted { $0.key < $1.key }
        let keywords = pairs.map { strdup($0.key) } + [nil]
        let values = pairs.map { strdup($0.value) } + [nil]
        defer { (keywords + values).forEach { free($0) } }
        let connection = PQconnectStartParams(
            keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0)
        guard let connection else {
            throw PostgresError(.connectionFailed, "libpq is out of memory")
        }
        let wire = Wire(connection: connection, wake: wake, parameters: parameters)
        wire.notices.attach(to: connection)
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            if next == PGRES_POLLING_FAILED || PQstatus(connection) == CONNECTION_BAD {
                throw wire.connectError()
            }
            let direction: Direction = next == PGRES_POLLING_READING ? .read : .write
            try wire.wait(for: direction, &patience)
            next = PQconnectPoll(connection)
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQsetnonblocking(connection, 1) == 0 else { throw wire.lost() }
        return wire
    }

    /// libpq gives the SQLSTATE of a refused login only inside of its verbose text, as in
    /// "FATAL:  28P01: password authentication failed".
    private func connectError() -> PostgresError {
        let text = parameters.redacted(String(cString: PQerrorMessage(connection)))
        let reason = text.split(whereSeparator: \.isNewline)
            .filter { !$0.hasPrefix("LOCATION:") }.joined(separator: " ")
        let match = text.matches(of: #/: {2}([0-9A-Z]{5}): /#).last
        let sqlState = match.map { String($0.output.1) }
        let isPooler = text.contains("unsupported startup parameter")
        let hint =
            switch sqlState {
            case _ where isPooler: "behind PgBouncer, switch named statements off"
            case nil: "is the server running, and is the database URL right?"
            case "57P03"?, "53300"?, "57P01"?: "the server will take connections later"
            default: "check user, password and database of the URL, and the server's pg_hba.conf"
            }
        return PostgresError(
            .connectionFailed, "cannot connect to PostgreSQL (\(parameters.place)): \(reason)",
            sqlState: sqlState, hint: hint)
    }
}
