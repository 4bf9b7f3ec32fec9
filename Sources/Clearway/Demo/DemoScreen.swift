import MessageQueue
import Sandbox

/// What the demo shows at one moment.
struct DemoSnapshot: Sendable {
    var elapsed: Duration = .zero
    var phase = ""
    var plan: DemoPlan
    var tally = DemoTally()
    var depth: [ChannelDepth] = []
    var sandbox: SandboxSummary?
    /// Messages delivered in the last second, over all destinations.
    var deliveredPerSecond = 0.0
    /// Attempts that ended in a retry or an unknown outcome.
    var retries = 0
    var unknowns = 0
    var note = ""
}

/// Turns a snapshot into lines of at most 80 columns.
struct DemoScreen: Sendable {
    static let width = 80
    let usesColor: Bool

    /// The screen that is redrawn in place.
    func lines(_ s: DemoSnapshot) -> [String] {
        let seconds = Self.seconds(s.elapsed)
        var lines = [
            bold("clearway demo") + "   \(s.plan.orders.count) orders   seed \(s.plan.seed)   "
                + "\(seconds) s   \(s.phase)",
            "",
            Self.row([
                "destination", "ready", "leased", "sched.", "held", "unkn.", "dead", "delivered",
            ]),
        ]
        for channel in s.depth where channel.accepted > 0 {
            let cells = [
                channel.destination, "\(channel.ready)", "\(channel.leased)",
                "\(channel.scheduled)", "\(channel.held)", "\(channel.unknown)",
                "\(channel.dead)", "\(channel.delivered)",
            ]
            let line = Self.row(cells)
            lines.append(channel.dead > 0 ? red(line) : line)
        }
        let total = max(1, s.plan.commandCount)
        lines += [
            "",
            "commands   " + Self.bar(Double(s.tally.accepted) / Double(total), width: 40)
                + " \(s.tally.accepted)/\(total)",
            "           sent again \(s.tally.repeated), poison refused \(s.tally.refused)",
            "delivering \(Self.number(s.deliveredPerSecond)) messages/s, "
                + "\(s.retries) retries, \(s.unknowns) unknown outcomes looked at",
        ]
        if let sandbox = s.sandbox {
            let stripe = sandbox.stripe.peakPerSecond.values.max() ?? 0
            let commerce = sandbox.commerceCloud.peakPerSecond.values.max() ?? 0
            lines += [
                "Stripe     \(sandbox.stripe.requests) calls, busiest second \(stripe)"
                    + " (budget \(DemoStack.stripeBudget) and the shop)",
                "SFCC       \(sandbox.commerceCloud.requests) calls, busiest second \(commerce)",
                "webhooks   \(sandbox.webhooks.attempts) sent, "
                    + "\(sandbox.webhooks.duplicates) twice, \(sandbox.webhooks.twins) twins",
            ]
        }
        lines += ["", s.note.isEmpty ? "" : yellow("› " + s.note)]
        return lines.map { Self.cut($0, to: Self.width) }
    }

    /// The same in one line, for a log.
    func line(_ s: DemoSnapshot) -> String {
        let open = s.depth.reduce(0) {
            $0 + $1.ready + $1.leased + $1.scheduled + $1.held + $1.unknown
        }
        let dead = s.depth.reduce(0) { $0 + $1.dead }
        let delivered = s.depth.reduce(0) { $0 + $1.delivered }
        return "\(Self.pad(Self.seconds(s.elapsed), 6)) s  \(s.phase): commands "
            + "\(s.tally.accepted)/\(s.plan.commandCount), open \(open), delivered \(delivered), "
            + "retries \(s.retries), dead \(dead)"
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [16, 8, 8, 8, 8, 8, 8, 10]
        return zip(cells, widths).enumerated().map { index, cell in
            index == 0
                ? cell.0.padding(to: cell.1) : pad(cell.0, cell.1)
        }.joined()
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func bar(_ share: Double, width: Int) -> String {
        let filled = Int((min(max(share, 0), 1) * Double(width)).rounded(.down))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: width - filled) + "]"
    }

    static func seconds(_ duration: Duration) -> String {
        number(duration / .seconds(1))
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    /// Cuts to the columns that are seen: escape sequences take none.
    static func cut(_ text: String, to width: Int) -> String {
        var (out, columns, isEscape) = ("", 0, false)
        for character in text {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape {
                columns += 1
                if columns > width { continue }
            }
            out.append(character)
            if isEscape, character == "m" { isEscape = false }
        }
        return out
    }

    private func bold(_ text: String) -> String { colored(text, "1") }
    private func red(_ text: String) -> String { colored(text, "31") }
    private func yellow(_ text: String) -> String { colored(text, "33") }

    private func colored(_ text: String, _ code: String) -> String {
        usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
