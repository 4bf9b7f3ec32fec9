import Foundation
import Sandbox

/// The last screen: what was asked for, what happened, what differs.
struct DemoReport: Sendable {
    let plan: DemoPlan
    let verdict: DemoVerdict
    let books: DemoBooks
    let tally: DemoTally
    let summary: SandboxSummary
    /// Dead letters before the repair, and how many were replayed after it.
    let dead: Int64
    let replayed: Int
    let elapsed: Duration

    var holds: Bool { verdict.holds && complaints.isEmpty }

    /// What is wrong beside the ledgers.
    private var complaints: [String] {
        var found: [String] = tally.surprises
        if tally.accepted != plan.commandCount {
            found.append("\(tally.accepted) commands accepted, expected \(plan.commandCount)")
        }
        if books.residualCount != 0 { found.append("residual is \(books.residualCount) messages") }
        if books.residualMinor != "0" {
            found.append("residual is \(books.residualMinor) minor units")
        }
        if !books.isAuditEqual { found.append("kept counts differ from the counted rows") }
        if books.dead != 0 { found.append("\(books.dead) dead letters are left") }
        if dead == 0, plan.orders.contains(where: { $0.siteID == DemoPlan.brokenSite }) {
            found.append("no dead letter at all, although \(DemoPlan.brokenSite) was broken")
        }
        return found
    }

    var lines: [String] {
        var lines = [
            "",
            "VERDICT, from the ledgers of the Stripe and SFCC doubles",
            Self.row("", "asked", "done", "lost", "twice"),
        ]
        lines += verdict.lines.map {
            Self.row($0.name, "\($0.expected)", "\($0.found)", "\($0.lost)", "\($0.duplicated)")
        }
        let stripePeak = summary.stripe.peakPerSecond.values.max() ?? 0
        let commercePeak = summary.commerceCloud.peakPerSecond.values.max() ?? 0
        lines += [
            "",
            "accepted    \(books.accepted) events: \(tally.accepted) commands, "
                + "\(books.accepted - Int64(tally.accepted)) facts from Stripe",
            "sent again  \(tally.repeated) commands; webhooks: \(summary.webhooks.duplicates) "
                + "duplicates, \(summary.webhooks.twins) twins",
            "refused     \(tally.refused) at the door, \(books.rejected) kept for their owner",
            "retried     \(books.retries), looked at after a lost answer \(books.unknowns)",
            "dead        \(dead), replayed \(replayed), left \(books.dead)",
            "calls       Stripe \(summary.stripe.requests) (busiest second \(stripePeak)), "
                + "SFCC \(summary.commerceCloud.requests) (busiest second \(commercePeak))",
            "one key     \(summary.stripe.overlaps + summary.commerceCloud.overlaps) "
                + "calls overlapped on one payment or order",
            "lost \(verdict.lost), duplicated \(verdict.duplicated), "
                + "residual \(books.residualCount) messages and \(books.residualMinor) minor units,",
            "audit \(books.isAuditEqual ? "equal" : "DIFFERS"), "
                + "\(DemoScreen.seconds(elapsed)) s, seed \(plan.seed)",
        ]
        let differences = verdict.differences + complaints
        lines += differences.prefix(10).map { "  differs: \($0)" }
        if differences.count > 10 { lines.append("  and \(differences.count - 10) more") }
        lines.append(holds ? "PASSED" : "FAILED")
        return lines
    }

    private static func row(_ name: String, _ cells: String...) -> String {
        name.padding(toLength: 22, withPad: " ", startingAt: 0)
            + cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined()
    }
}
