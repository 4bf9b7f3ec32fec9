import CLibpq

/// The URL, split into libpq's parameters and completed with ours.
struct ConnectionParameters {
    private(set) var values: [String: String]
    /// What must never be printed.
    private let secrets: [String]

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        values = try Self.parse(configuration.url)
        secrets = ["password", "sslpassword"].compactMap { [values] in values[$0] }
            .filter { !$0.isEmpty }
        let defaults = [
            "application_name": configuration.applicationName, "client_encoding": "UTF8",
            // A peer that vanished is noticed within half a minute.
            "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "5",
            "keepalives_count": "3", "tcp_user_timeout": "30000",
        ]
        values.merge(defaults) { given, _ in given }
        values["client_encoding"] = "UTF8"
        try addOptions(configuration)
    }

    /// Adds session settings, which reach the server with the login and cost no round trip.
    private mutating func addOptions(
        _ configuration: PostgresConfiguration
    ) throws(PostgresError) {
        guard configuration.usesNamedStatements else {
            guard configuration.searchPath == nil else {
                throw PostgresError(
                    .invalidUsage,
                    "a search path cannot be sent through PgBouncer; set it on the role: "
                        + "ALTER ROLE … SET search_path = …")
            }
            return
        }
        let backstop = configuration.statementTimeout + .seconds(5)
        var options = values["options"].map { [$0] } ?? []
        options.append("-c statement_timeout=\(backstop.wholeMilliseconds)")
        if let path = configuration.searchPath {
            let escaped = path.flatMap { $0 == " " || $0 == "\\" ? ["\\", $0] : [$0] }
            options.append("-c search_path=\(String(escaped))")
        }
        values["options"] = options.joined(separator: " ")
    }

    /// One copy for each host of the URL, in its order. For `prefer-standby` the hosts come twice,
    /// first as standbys only.
    var perHost: [ConnectionParameters] {
        let lists = ["host", "hostaddr", "port"].map { key in
            (key, (values[key] ?? "").split(separator: ",", omittingEmptySubsequences: false))
        }
        let count = lists.map(\.1.count).max() ?? 1
        guard count > 1 else { return [self] }
        let hosts = (0..<count).map { index in
            var one = self
            for (key, list) in lists where list.count == count {
                one.values[key] = String(list[index])
            }
            return one
        }
        guard values["target_session_attrs"] == "prefer-standby" else { return hosts }
        let passes = ["standby", "any"].map { attributes in
            hosts.map { host in
                var one = host
                one.values["target_session_attrs"] = attributes
                return one
            }
        }
        return Array(passes.joined())
    }

    /// Replaces every secret in a text that libpq or the server wrote.
    func redacted(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "****") }
    }

    /// The database and where it is, for messages.
    var place: String {
        let host = values["host"] ?? values["hostaddr"] ?? "the default socket"
        let port = values["port"].map { ":\($0)" } ?? ""
        let database = values["dbname"] ?? values["user"] ?? "default"
        return "\(database) at \(host)\(port)"
    }

    static func place(of configuration: PostgresConfiguration) -> String {
        (try? ConnectionParameters(configuration))?.place ?? "invalid URL"
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw PostgresError(
                .invalidUsage,
                "the database URL cannot be read (\(withoutQuotations(reason))); "
                    + "write it as postgresql://user@host:5432/database")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }

    /// libpq quotes pieces of the URL, and a piece may be the password: drop all of it.
    private static func withoutQuotations(_ message: String) -> String {
        guard let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\"")
        else {
            return message.trimmedLine
        }
        return (message[..<first] + "…" + message[last...].dropFirst()).trimmedLine
    }
}

extension Duration {
    /// Rounded up, so that a wait is never shorter than asked; negative durations count as zero.
    var wholeMilliseconds: Int64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

extension StringProtocol {
    /// On one line, without white space around it.
    var trimmedLine: String {
        split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace) }
            .joined(separator: " ")
    }
}
