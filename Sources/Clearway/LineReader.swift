import Foundation
import NIOConcurrencyHelpers

/// The lines of a file or of standard input, as bytes, with bounded memory.
final class LineReader: Sendable {
    /// A longer line is no event; the rest of it is skipped and its start refused as broken JSON.
    private static let lineBytesMax = 2 << 20

    private struct State {
        var buffer: [UInt8] = []
        var start = 0
        var isAtEnd = false
    }

    private let handle: FileHandle
    private let path: String
    private let state = NIOLockedValueBox(State())

    /// Opens a file, or standard input for `-`.
    init(path: String) throws(CommandError) {
        self.path = path
        if path == "-" {
            handle = .standardInput
        } else {
            guard let opened = FileHandle(forReadingAtPath: path) else {
                throw CommandError(
                    "the file \(path) cannot be read", next: "check the path and its permissions")
            }
            handle = opened
        }
    }

    func close() {
        // Nothing was written through it: closing cannot lose anything.
        if path != "-" { try? handle.close() }
    }

    /// The next line without its end; `nil` at the end. Blocks while standard input does.
    func next() throws(CommandError) -> [UInt8]? {
        do {
            return try state.withLockedValue { state in try next(&state) }
        } catch {
            throw CommandError("\(path) cannot be read", next: "give a file of JSON lines")
        }
    }

    private func next(_ state: inout State) throws -> [UInt8]? {
        var searched = state.start
        while true {
            if let end = state.buffer[searched...].firstIndex(of: 0x0A) {
                defer { state.start = end + 1 }
                return Self.trimmed(state.buffer[state.start..<end])
            }
            guard !state.isAtEnd else {
                guard state.start < state.buffer.count else { return nil }
                defer { state.start = state.buffer.count }
                return Self.trimmed(state.buffer[state.start...])
            }
            state.buffer.removeFirst(state.start)
            state.start = 0
            if state.buffer.count > Self.lineBytesMax {
                // One byte more than the limit is kept, which is enough to be refused.
                state.buffer.removeLast(state.buffer.count - Self.lineBytesMax)
            }
            searched = state.buffer.count
            guard let chunk = try handle.read(upToCount: 1 << 16), !chunk.isEmpty else {
                state.isAtEnd = true
                continue
            }
            state.buffer.append(contentsOf: chunk)
        }
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        Array(line.last == 0x0D ? line.dropLast() : line)
    }
}
