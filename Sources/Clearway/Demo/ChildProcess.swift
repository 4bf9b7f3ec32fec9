import Foundation
import NIOConcurrencyHelpers

/// A process of this same program, started with other arguments, its output in a log file.
///
/// A shell stands between us and it, so that it cannot outlive us: the shell waits on a pipe that
/// only we hold, and when the pipe closes, however we end, it kills the process. The terminal's
/// Ctrl-C does not reach it; `stop()` does.
///
/// `@unchecked Sendable`: `shell` is only started, waited for and read, and Foundation locks those.
final class ChildProcess: @unchecked Sendable {
    let name: String
    /// Where its standard output and error go.
    let logPath: String
    /// The program's own process id, not the shell's.
    let processID: Int32

    private let shell: Process
    private let lifeline: FileHandle
    private let hasEnded = NIOLockedValueBox(false)

    private static let script = """
        trap '' INT
        log=$1
        shift
        exec 3<&0
        "$@" </dev/null >>"$log" 2>&1 3<&- &
        child=$!
        echo "$child"
        exec >/dev/null
        { read -r line; kill -KILL "$child"; } <&3 2>/dev/null &
        watcher=$!
        exec 3<&-
        wait "$child"
        status=$?
        kill -KILL "$watcher" 2>/dev/null
        exit "$status"
        """

    /// Starts the program. Throws when it cannot be started at all; watch `isRunning` for the rest.
    init(
        name: String, arguments: [String], environment: [String: String], directory: String
    ) throws {
        self.name = name
        logPath = "\(directory)/\(name).log"
        let program = try Self.program()
        let (input, output) = (Pipe(), Pipe())
        shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", Self.script, "clearway-\(name)", logPath, program] + arguments
        shell.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        shell.currentDirectoryURL = URL(fileURLWithPath: directory)
        shell.standardInput = input
        shell.standardOutput = output
        shell.standardError = FileHandle.nullDevice
        let hasEnded = self.hasEnded
        shell.terminationHandler = { _ in hasEnded.withLockedValue { $0 = true } }
        do {
            try Self.withSignalsUnblocked { [shell] in try shell.run() }
        } catch {
            throw DemoError("cannot start \(name): \(error)")
        }
        lifeline = input.fileHandleForWriting
        let line = output.fileHandleForReading.readDataToEndOfFile()
        guard
            let id = Int32(
                String(decoding: line, as: UTF8.self).trimmingCharacters(
                    in: .whitespacesAndNewlines))
        else { throw DemoError("cannot start \(name): its shell gave no process id") }
        processID = id
    }

    /// A child inherits the signal mask of the thread that starts it, and threads of a pool may
    /// block nearly all: such a child would hear neither SIGTERM nor the end of its own children.
    private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    var isRunning: Bool { !hasEnded.withLockedValue { $0 } }

    func kill9() { kill(processID, SIGKILL) }

    /// Asks it to finish, and kills it when it has not within the grace.
    func stop(grace: Duration = .seconds(2)) async {
        guard isRunning else { return }
        kill(processID, SIGTERM)
        let end = ContinuousClock.now + grace
        while isRunning, ContinuousClock.now < end {
            // A cancelled task must clean up all the same, so its sleep is allowed to be cut short.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        if isRunning { kill9() }
        try? lifeline.close()
    }

    /// The last lines of its log, for an error message.
    var lastWords: String {
        let text = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: "\n")
    }

    /// This very program.
    static func program() throws -> String {
        if let chosen = ProcessInfo.processInfo.environment["CLEARWAY_DEMO_PROGRAM"] {
            return chosen
        }
        #if os(Linux)
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        #else
            guard let path = Bundle.main.executablePath else {
                throw DemoError("cannot find this program's own file")
            }
            return path
        #endif
    }
}

/// Why the demo could not go on: a sentence for the person at the terminal.
struct DemoError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
