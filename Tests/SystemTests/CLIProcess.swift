import Foundation
import TestSupport
import Testing

/// The built `clearway`, run as a person runs it.
struct CLIProcess: Sendable {
    /// What a run printed and how it ended.
    struct Result: Sendable {
        let status: Int32
        let output: String
        let error: String
    }

    /// Settings of the run; nothing of the test's own environment but the path is passed on.
    var environment: [String: String] = [:]

    init(databaseURL: String? = nil) {
        environment["DATABASE_URL"] = databaseURL
    }

    /// Beside the tests' own bundle.
    static var binary: URL {
        get throws {
            let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
            let binary = bundle.deletingLastPathComponent().appendingPathComponent("clearway")
            try #require(
                FileManager.default.isExecutableFile(atPath: binary.path),
                "no clearway at \(binary.path)")
            return binary
        }
    }

    /// Runs to the end on a thread of its own, so that no test waits for another's process.
    @concurrent
    func run(_ arguments: String..., input: String = "") async throws -> Result {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = ["in", "out", "err"].map { directory.appendingPathComponent($0) }
        try input.write(to: files[0], atomically: false, encoding: .utf8)
        for file in files.dropFirst() { try Data().write(to: file) }
        let process = Process()
        process.executableURL = try Self.binary
        process.arguments = arguments
        process.environment = environment.merging(
            ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]) { given, _ in given }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: try String(contentsOf: files[1], encoding: .utf8),
            error: try String(contentsOf: files[2], encoding: .utf8))
    }
}
