import Foundation
import NIOConcurrencyHelpers

/// Where the demo's screen goes: redrawn in place on a terminal, else a line now and then.
final class DemoDisplay: Sendable {
    let isTerminal: Bool
    private let screen: DemoScreen
    private let drawnLines = NIOLockedValueBox(0)

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        screen = DemoScreen(usesColor: isTerminal && !isPlain)
    }

    func show(_ snapshot: DemoSnapshot) {
        guard isTerminal else { return say(screen.line(snapshot)) }
        drawnLines.withLockedValue { drawn in
            let lines = screen.lines(snapshot)
            // Up to the first line, then each line anew with what stood behind it erased.
            let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
            write(up + lines.map { $0 + "\u{1B}[K\n" }.joined())
            drawn = lines.count
        }
    }

    /// A line that stays, below the screen.
    func say(_ text: String) {
        drawnLines.withLockedValue { drawn in
            drawn = 0
            write(text + "\n")
        }
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
