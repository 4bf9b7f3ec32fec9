import Foundation

/// The `sh` process that stands between us and a private server.
///
/// It takes one command a line from a pipe that only we hold, and answers each with `ok` or
/// `failed`. The pipe closes when we end, however we end; then it stops the server at once and
/// removes the directory. It runs as the server's user, because initdb refuses root, and ignores
/// the terminal's signals, because it must outlive us to clean up.
struct Supervisor {
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()

    /// The server is the shell's own child, so that a killed one is reaped here and a new one may
    /// take its place. Line 8 of postmaster.pid says whether the process of line 1 is ready.
    static let script = #"""
        trap '' INT TERM HUP QUIT
        bin=$1 data=$2 root=$3 keep=$4 server=
        is_ready() {
            [ "$(sed -n '1p;8p' "$data/postmaster.pid" | tr -d ' \n')" = "${server}ready" ]
        }
        start() {
            "$bin/postgres" -D "$data" >>"$root/log" 2>&1 </dev/null &
            server=$!
            while kill -0 "$server"; do
                if is_ready; then return 0; fi
                sleep 0.03
            done
            wait "$server"
            server=
            return 1
        }
        halt() {
            [ -n "$server" ] || return 1
            kill "-$1" $server $2
            wait "$server"
            server=
            return 0
        }
        children() {
            { ps -A -o pid=,ppid= || awk '{print $1, $4}' /proc/[0-9]*/stat; } |
                awk -v server="$server" '$2 == server { print $1 }'
        }
        while read -r command; do
            case $command in
            init)
                "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-sync
                ;;
            start)
                # Processes of a killed server may need a moment to leave the shared memory.
                [ -z "$server" ] && { start || { sleep 0.3; start; } || { sleep 1; start; }; }
                ;;
            fast) halt INT ;;
            kill9) halt KILL "$(children)" ;;
            esac </dev/null >>"$root/commands.log" 2>&1
            if [ $? -eq 0 ]; then echo ok; else echo failed; fi
        done
        exec </dev/null >/dev/null 2>&1
        halt QUIT
        [ "$keep" = yes ] || rm -rf "$data"
        rm -rf "$root"
        """#

    init(
        binaries: ServerBinaries, user: ServerUser, data: String, root: String, keepsData: Bool
    ) throws(LocalServerError) {
        let shell = [
            "/bin/sh", "-c", Self.script, "clearway-postgres", binaries.directory, data, root,
            keepsData ? "yes" : "no",
        ]
        let command = user.wrap(shell)
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = commands
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        // Another child that inherited our end would keep the server alive after us.
        let ours = [commands.fileHandleForWriting, answers.fileHandleForReading]
        for end in ours { _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC) }
        do {
            try process.run()
        } catch {
            throw LocalServerError(.commandFailed, "cannot run \(command[0]): \(error)")
        }
        try? commands.fileHandleForReading.close()
        try? answers.fileHandleForWriting.close()
    }

    /// Sends one command and blocks until it is done. False when it failed.
    func send(_ command: String) throws(LocalServerError) -> Bool {
        let gone = LocalServerError(.stopped, "the private PostgreSQL has been stopped")
        do {
            try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
        } catch {
            throw gone
        }
        var line = ""
        while !line.hasSuffix("\n") {
            guard let byte = try? answers.fileHandleForReading.read(upToCount: 1), !byte.isEmpty
            else { throw gone }
            line += String(decoding: byte, as: UTF8.self)
        }
        return line == "ok\n"
    }

    /// Stops the server, removes its directory and waits for both.
    func end() {
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
