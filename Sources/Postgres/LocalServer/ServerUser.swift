import Foundation

/// The user that a private server runs as: ourselves, or when we are root somebody less.
struct ServerUser {
    let name: String?
    let userID: UInt32
    let groupID: UInt32

    static func current() throws(LocalServerError) -> ServerUser {
        guard getuid() == 0 else {
            return ServerUser(name: nil, userID: getuid(), groupID: getgid())
        }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) {
                return ServerUser(
                    name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
            }
        }
        throw LocalServerError(
            .directoryUnusable,
            "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody; "
                + "run as another user")
    }

    /// The command, run as this user.
    func wrap(_ command: [String]) -> [String] {
        guard name != nil else { return command }
        return [
            "/usr/bin/setpriv", "--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups",
        ] + command
    }

    func own(_ path: String) throws(LocalServerError) {
        guard name != nil, chown(path, userID, groupID) != 0 else { return }
        throw LocalServerError(
            .directoryUnusable, "cannot give \(path) to user \(name ?? ""): \(errnoText())")
    }
}
