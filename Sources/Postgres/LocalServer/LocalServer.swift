import Foundation

/// A private PostgreSQL made from the installed programs, for tests and the demo.
///
/// It listens on a Unix socket in a directory that only its user may enter, trusts whoever gets
/// there, and is gone with its data when this process ends, even by kill -9. By default it does not
/// wait for the disk: its data survive a crash of the server, not of the machine.
///
/// Its operations block a thread of their own, like those of a `Connection`.
package actor LocalServer {
    /// The database `postgres` of the superuser `postgres`.
    package nonisolated let url: String
    /// The directory of socket and logs.
    package nonisolated let directory: String

    private nonisolated let thread: ConnectionThread
    private let supervisor: Supervisor
    private let dataDirectory: String
    private let user: ServerUser
    private var isStopped = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// Settings that make a server which nobody's money depends on quick.
    private static let defaults = [
        "fsync": "off", "full_page_writes": "off", "max_connections": "200",
        "shared_buffers": "64MB", "max_wal_size": "4GB", "listen_addresses": "",
        "autovacuum_naptime": "10s", "log_checkpoints": "off",
    ]

    /// Starts a server.
    ///
    /// Without a directory everything is temporary. With one the data stay there, and a later start
    /// with it finds them again.
    package static func start(
        directory: String? = nil, settings: [String: String] = [:]
    ) async throws(LocalServerError) -> LocalServer {
        let server = try LocalServer(data: directory)
        do throws(LocalServerError) {
            try await server.initialize(settings)
            try await server.start()
        } catch {
            await server.stop()
            throw error
        }
        return server
    }

    private init(data: String?) throws(LocalServerError) {
        let binaries = try ServerBinaries.find()
        user = try ServerUser.current()
        // Not the user's temporary directory: a socket's path may have only 103 bytes on macOS.
        var template = Array("/tmp/clearway-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LocalServerError(
                .directoryUnusable, "cannot make a directory in /tmp: \(errnoText())")
        }
        let root = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        directory = root
        try user.own(root)
        if let data {
            dataDirectory = try Self.prepare(data, for: user)
        } else {
            dataDirectory = "\(root)/data"
        }
        url = Self.url(database: "postgres", directory: root)
        thread = ConnectionThread(name: "postgres-server")
        supervisor = try Supervisor(
            binaries: binaries, user: user, data: dataDirectory, root: root, keepsData: data != nil)
    }

    deinit {
        thread.stop()
    }

    package nonisolated func url(database: String) -> String {
        Self.url(database: database, directory: directory)
    }

    /// Starts the server again after `stopFast` or `kill9`. While it runs, an error.
    package func start() throws(LocalServerError) {
        try send("start")
    }

    /// Shuts down as an administrator would: sessions are ended, data are written.
    package func stopFast() throws(LocalServerError) {
        try send("fast")
    }

    /// Kills every process of the server with signal 9, as a crash would.
    package func kill9() throws(LocalServerError) {
        try send("kill9")
    }

    package func restart() throws(LocalServerError) {
        try stopFast()
        try start()
    }

    /// Stops the server and removes it. Stopping twice does nothing.
    package func stop() {
        guard !isStopped else { return }
        isStopped = true
        supervisor.end()
        thread.stop()
    }

    private func initialize(_ settings: [String: String]) throws(LocalServerError) {
        if !FileManager.default.fileExists(atPath: "\(dataDirectory)/PG_VERSION") {
            try send("init")
        }
        var all = Self.defaults.merging(settings) { $1 }
        all["unix_socket_directories"] = directory
        all["unix_socket_permissions"] = "0700"
        var text = ""
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            let isName = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
            guard isName, !value.contains(where: \.isNewline) else {
                throw LocalServerError(.commandFailed, "\(name) is not a setting of PostgreSQL")
            }
            text += "\(name) = '\(value.replacing("'", with: "''"))'\n"
        }
        // This file overrides postgresql.conf, which stays as initdb made it.
        let file = "\(dataDirectory)/postgresql.auto.conf"
        do {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
        } catch {
            throw LocalServerError(.directoryUnusable, "cannot write \(file): \(error)")
        }
        try user.own(file)
    }

    private func send(_ command: String) throws(LocalServerError) {
        guard !isStopped else {
            throw LocalServerError(.stopped, "the private PostgreSQL has been stopped")
        }
        if try supervisor.send(command) { return }
        let log = ["log", "commands.log"]
            .compactMap { try? String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8) }
            .flatMap { $0.split(separator: "\n").suffix(5) }
        throw LocalServerError(
            .commandFailed,
            "the private PostgreSQL failed to \(command): \(log.joined(separator: " | "))")
    }

    private static func prepare(
        _ path: String, for user: ServerUser
    ) throws(LocalServerError) -> String {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw LocalServerError(.directoryUnusable, "cannot make \(path): \(error)")
        }
        try user.own(path)
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private static func url(database: String, directory: String) -> String {
        let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_."))
        let name = database.addingPercentEncoding(withAllowedCharacters: allowed) ?? database
        let host = directory.addingPercentEncoding(withAllowedCharacters: allowed) ?? directory
        return "postgresql://postgres@/\(name)?host=\(host)"
    }
}
