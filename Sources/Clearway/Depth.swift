import ArgumentParser
import Foundation
import MessageQueue
import Operations
import PaymentEvents

/// Shows how many messages lie in each state.
struct Depth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how many messages lie in each state, by tenant and destination.",
        discussion: """
            The numbers are kept, not counted, so this costs the same at any depth. The last line \
            is guarantee 2: accepted minus the sum of all states, which is 0 at all times.

            Exit code: 0, or 4 when the residual is not 0.
            """)

    @Flag(help: "Show it again every second until interrupted.")
    var watch = false

    @Flag(help: "Print one JSON object per reading.")
    var json = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let settings = try await options.settings()
        let isConserved = try await withDatabase(settings) { pool in
            let queue = MessageQueue(pool: pool)
            while true {
                let reading = try await Self.read(queue)
                if watch, !json, Terminal.isOutput { print("\u{1B}[H\u{1B}[2J", terminator: "") }
                print(json ? reading.json : reading.text)
                fflush(nil)
                guard watch else { return reading.isConserved }
                try await Task.sleep(for: .seconds(1))
            }
        }
        if !isConserved { throw ExitCode(4) }
    }

    private struct Reading: Sendable {
        let channels: [ChannelDepth]
        let conservation: [Conservation]

        var isConserved: Bool {
            conservation.allSatisfy { $0.residualCount == 0 && Double($0.residualMinor) == 0 }
        }

        var json: String {
            JSONValue.object([
                "channels": .array(channels.map(\.json)),
                "residual_count": .int(conservation.map(\.residualCount).reduce(0, +)),
                "is_conserved": .bool(isConserved),
            ]).canonicalText
        }

        var text: String {
            var table = TextTable(
                columns: [
                    "tenant", "destination", "ready", "leased", "scheduled", "held", "unknown",
                    "dead", "delivered", "discarded", "accepted",
                ], rightAligned: Set(2...10))
            for c in channels where c.accepted > 0 || channels.count <= 30 {
                table.add(
                    [c.tenant, c.destination + (c.isPaused ? " (paused)" : "")]
                        + [
                            c.ready, c.leased, c.scheduled, c.held, c.unknown, c.dead, c.delivered,
                            c.discarded, c.accepted,
                        ].map(String.init))
            }
            guard !table.isEmpty else {
                return "no tenants yet; add one with: clearway tenant add NAME"
            }
            let accepted = conservation.map(\.acceptedCount).reduce(0, +)
            let verdict =
                isConserved
                ? "0"
                : conservation.filter { $0.residualCount != 0 }
                    .map { "\($0.tenant)/\($0.destination) \($0.residualCount)" }
                    .joined(separator: ", ")
            return table.text + "\naccepted \(accepted), residual \(verdict)"
        }
    }

    private static func read(_ queue: MessageQueue) async throws -> Reading {
        Reading(
            channels: try await queue.readDepth(),
            conservation: try await queue.readConservation())
    }
}
