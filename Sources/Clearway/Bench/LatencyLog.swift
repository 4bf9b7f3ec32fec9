import Foundation
import NIOConcurrencyHelpers

/// Appends how long each message waited to a file, for a benchmark to read.
///
/// The clock is this machine's, which is also the database's in a benchmark.
final class LatencyLog: Sendable {
    private let lines = NIOLockedValueBox<[UInt8]>([])
    private let handle: FileHandle

    init(path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
    }

    func note(since accepted: Date) {
        let microseconds = Int(Date().timeIntervalSince(accepted) * 1_000_000)
        let full = lines.withLockedValue { lines -> [UInt8]? in
            lines.append(contentsOf: "\(microseconds)\n".utf8)
            guard lines.count > 1000 else { return nil }
            defer { lines.removeAll(keepingCapacity: true) }
            return lines
        }
        if let full { try? handle.write(contentsOf: full) }
    }
}
