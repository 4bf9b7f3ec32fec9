/// Why a private server could not be started or controlled, with the next step.
package struct LocalServerError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// PostgreSQL's programs are not installed.
        case binariesMissing
        /// The directory cannot be made or is not usable by the server's user.
        case directoryUnusable
        /// A program of PostgreSQL failed.
        case commandFailed
        /// The supervising process is gone, and the server with it.
        case stopped
    }

    package let code: Code
    package let message: String

    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
