import ArgumentParser
import Foundation
import Logging
import Postgres

/// Measures this machine and this database: what a user runs to size one.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the queue on this machine, each scenario as a ratio in one run.",
        discussion: """
            Starts a private PostgreSQL with durability on, fresh for each scenario. A ratio runs \
            both of its sides in turn, so that what else the machine does hits both. Scenarios: \
            \(BenchScenario.allCases.map(\.rawValue).joined(separator: ", ")).
            """)

    @Argument(help: "Which scenarios to run; all when none is named.")
    var scenarios: [BenchScenario] = []

    @Option(help: "Messages to drain in one measurement.")
    var messages = 500_000

    @Option(help: "Worker processes.")
    var workers = 2

    @Option(help: "How often each side is measured.")
    var rounds = 3

    @Flag(help: "Print one JSON object per result.")
    var json = false

    mutating func validate() throws {
        guard messages >= 1000 else { throw ValidationError("--messages must be 1000 or more") }
        guard (1...64).contains(workers) else { throw ValidationError("--workers is 1 to 64") }
        guard (1...20).contains(rounds) else { throw ValidationError("--rounds is 1 to 20") }
    }

    func run() async throws {
        var logger = Logger(label: "clearway.bench")
        logger.logLevel = .error
        let server = try await LocalServer.start(settings: BenchDatabase.settings)
        let bench = BenchRun(
            server: server, messageCount: messages, workerCount: workers, roundCount: rounds,
            logger: logger)
        do {
            try await print(bench.describeDatabase(), asJSON: json)
            for scenario in scenarios.isEmpty ? BenchScenario.allCases : scenarios {
                for result in try await bench.measure(scenario) {
                    print(json ? result.json : result.text)
                }
            }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func print(_ text: String, asJSON: Bool) {
        if !asJSON { Swift.print(text) }
    }

    private func print(_ text: String) { Swift.print(text) }
}

/// What can be measured.
enum BenchScenario: String, CaseIterable, ExpressibleByArgument {
    /// Ready messages, a handler that does nothing, against a bare queue table.
    case drain
}

/// One measured figure.
struct BenchResult {
    let name: String
    let unit: String
    let samples: [Double]
    var note = ""

    var median: Double {
        let sorted = samples.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    var text: String {
        let spread = "\(format(samples.min() ?? 0))…\(format(samples.max() ?? 0))"
        let padded = name.padding(toLength: 44, withPad: " ", startingAt: 0)
        return "\(padded) \(format(median)) \(unit)  (\(spread), n=\(samples.count))"
            + (note.isEmpty ? "" : "  \(note)")
    }

    var json: String {
        let numbers = samples.map { format($0) }.joined(separator: ",")
        return "{\"name\":\"\(name)\",\"unit\":\"\(unit)\",\"median\":\(format(median)),"
            + "\"samples\":[\(numbers)],\"note\":\"\(note)\"}"
    }

    private func format(_ value: Double) -> String {
        value >= 1000 ? String(Int(value.rounded())) : String(format: "%.2f", value)
    }
}
