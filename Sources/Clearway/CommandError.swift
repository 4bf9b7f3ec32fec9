import Foundation
import MessageQueue
import NIOCore
import Operations
import Postgres

/// Why a command stopped: one sentence and the next step. Printed without a stack trace.
struct CommandError: Error, CustomStringConvertible {
    let message: String
    let next: String?
    let exitCode: Int32

    init(_ message: String, next: String? = nil, exitCode: Int32 = 1) {
        self.message = message
        self.next = next
        self.exitCode = exitCode
    }

    var description: String {
        next.map { "\(message); \($0)" } ?? message
    }

    /// The same for an error of any layer; `nil` for what the argument parser prints itself.
    init?(explaining error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as PostgresError: self.init(postgres: error)
        case let error as SchemaError: self.init(error.description)
        case let error as ReplayRefusal: self.init(error.description, exitCode: 3)
        case let error as LocalServerError: self.init("\(error)")
        case let error as IOError where error.errnoCode == EADDRINUSE:
            self.init(
                "the port is in use",
                next: "stop what listens there or choose another port")
        case let error as IOError: self.init("\(error)")
        case is CancellationError: self.init("interrupted", exitCode: 130)
        default: return nil
        }
    }

    private init(postgres error: PostgresError) {
        switch (error.code, error.sqlState) {
        case (.connectionFailed, _):
            self.init(
                "the database cannot be reached: \(error.message.firstLine)",
                next: "check DATABASE_URL and that PostgreSQL is running")
        case (.connectionLost, _), (.deadlineExceeded, _):
            self.init(
                "the database stopped answering: \(error.message.firstLine)", next: "try again")
        case (.commitUnknown, _):
            self.init(
                "the database stopped answering at commit",
                next: "run the command again: what was done once is not done twice")
        case (.server, "42P01"), (.server, "3F000"), (.server, "42883"):
            self.init("the database has no Clearway schema", next: "run: clearway migrate")
        case (.server, "42501"):
            self.init(
                "the database user may not do this: \(error.message.firstLine)",
                next: "use a user with the role for it (clearway_operator, clearway_worker)")
        case (.invalidUsage, _):
            self.init(
                "the database settings cannot be used: \(error.message.firstLine)",
                next: "check DATABASE_URL")
        default: self.init("the database refused: \(error)")
        }
    }
}

extension String {
    fileprivate var firstLine: String {
        let line = split(whereSeparator: \.isNewline).first.map(String.init) ?? self
        return line.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }
}
