import MessageQueue
import PaymentEvents
import Postgres

/// Puts the lines of a file into the queue and says which were refused.
struct FileLoader: Sendable {
    private static let batchSize = 1000
    /// More are counted, not printed.
    private static let linesPrinted = 100

    let queue: MessageQueue
    let tenants: Set<String>
    let defaults: EventDefaults
    let progress: ProgressLine

    /// A line that can go in.
    private struct Candidate {
        let number: Int
        let event: NewEvent
    }

    /// Thrown to roll the transaction back.
    private struct Refused: Error {
        let report: LoadReport
    }

    func loadAllOrNothing(_ reader: LineReader) async throws -> LoadReport {
        do {
            return try await queue.pool.withTransaction { connection in
                let report = try await load(reader) { events in
                    try await queue.enqueue(events, in: connection)
                }
                if report.refusedCount > 0 { throw Refused(report: report) }
                return report
            }
        } catch let refused as Refused {
            var report = refused.report
            report.isWritten = false
            return report
        }
    }

    func loadKeepingGoing(_ reader: LineReader) async throws -> LoadReport {
        try await load(reader) { events in try await queue.enqueue(events) }
    }

    private func load(
        _ reader: LineReader, _ store: ([NewEvent]) async throws -> [EnqueueResult]
    ) async throws -> LoadReport {
        var report = LoadReport()
        var batch: [Candidate] = []
        var number = 0
        while let line = try reader.next() {
            number += 1
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            do throws(EventRejection) {
                batch.append(Candidate(number: number, event: try event(line)))
            } catch {
                refuse(error.violations, line: number, in: &report)
            }
            if batch.count == Self.batchSize { try await flush(&batch, &report, store) }
            if number.isMultiple(of: Self.batchSize) { progress.show(report, lines: number) }
        }
        try await flush(&batch, &report, store)
        progress.clear()
        if report.refusedCount > Self.linesPrinted {
            Terminal.writeError(
                "and \(report.refusedCount - Self.linesPrinted) more lines were refused\n")
        }
        return report
    }

    private func event(_ line: [UInt8]) throws(EventRejection) -> NewEvent {
        let event = try PaymentEvent(parsing: line, defaults: defaults)
        guard tenants.contains(event.tenant) else {
            throw EventRejection([
                ContractViolation(
                    pointer: JSONPointer(tokens: ["tenant"]), rule: .oneOf,
                    reason: "there is no such tenant; add it with: clearway tenant add")
            ])
        }
        return NewEvent(event)
    }

    private func flush(
        _ batch: inout [Candidate], _ report: inout LoadReport,
        _ store: ([NewEvent]) async throws -> [EnqueueResult]
    ) async throws {
        guard !batch.isEmpty else { return }
        for (candidate, result) in zip(batch, try await store(batch.map(\.event))) {
            switch result.status {
            case .accepted: report.acceptedCount += 1
            case .duplicate: report.duplicateCount += 1
            case .conflict:
                let violation = ContractViolation(
                    pointer: JSONPointer(tokens: ["idempotency_key"]), rule: .notAllowed,
                    reason: "was used before with another content "
                        + "(event \(result.eventSequence))")
                refuse([violation], line: candidate.number, in: &report)
            }
        }
        batch.removeAll(keepingCapacity: true)
    }

    private func refuse(
        _ violations: [ContractViolation], line: Int, in report: inout LoadReport
    ) {
        report.refusedCount += 1
        guard report.refusedCount <= Self.linesPrinted else { return }
        progress.clear()
        for violation in violations { Terminal.writeError("line \(line): \(violation)\n") }
    }
}
