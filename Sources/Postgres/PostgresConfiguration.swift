/// Where the database is and how long it may take.
///
/// The URL is handed to libpq, so every parameter that libpq knows works: several hosts,
/// `target_session_attrs`, `sslmode`, `sslrootcert`, `passfile`, and the `PG…` environment behind
/// them. Printing a configuration never prints the URL, which may hold the password.
package struct PostgresConfiguration: Sendable {
    package var url: String
    package var applicationName: String
    /// How long making a connection may take, over all hosts of the URL.
    package var connectTimeout: Duration
    /// The deadline of a statement that names none. The server cancels by itself a little later,
    /// in case the client is gone; a statement whose own deadline is longer needs
    /// `SET statement_timeout` first.
    package var statementTimeout: Duration
    /// Whether statements are prepared by name, once per connection.
    ///
    /// False behind PgBouncer in transaction mode, which before 1.21 fails named statements and
    /// refuses the `options` that carry `statement_timeout` and `search_path`: set those on the
    /// role instead.
    package var usesNamedStatements: Bool
    package var searchPath: String?

    package init(
        url: String, applicationName: String = "clearway",
        connectTimeout: Duration = .seconds(5), statementTimeout: Duration = .seconds(30),
        usesNamedStatements: Bool = true, searchPath: String? = nil
    ) {
        self.url = url
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.usesNamedStatements = usesNamedStatements
        self.searchPath = searchPath
    }

    /// Fails when the URL cannot be understood; makes no connection.
    package func validate() throws(PostgresError) {
        _ = try ConnectionParameters(self)
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package var description: String {
        "PostgresConfiguration(\(ConnectionParameters.place(of: self)))"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror {
        Mirror(self, children: ["place": ConnectionParameters.place(of: self)])
    }
}
