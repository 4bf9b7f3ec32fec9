/// The SQL of the queue, embedded in the binary: what `sql/` holds is what runs.
package enum QueueSQL {
    /// One migration, in the order in which it is applied.
    package struct Migration: Sendable {
        package let version: Int
        package let name: String
        package let sql: String
    }

    /// All migrations, oldest first. Adding one is adding its file and its line here.
    package static let migrations: [Migration] = [
        Migration(version: 1, name: "queue", bytes: PackageResources.V001_queue_sql),
        Migration(version: 2, name: "enqueue", bytes: PackageResources.V002_enqueue_sql),
        Migration(version: 3, name: "deliver", bytes: PackageResources.V003_deliver_sql),
        Migration(version: 4, name: "operate", bytes: PackageResources.V004_operate_sql),
    ]

    package static let claimLanes = text(PackageResources.claim_lanes_sql)
    package static let blockedLanes = text(PackageResources.blocked_lanes_sql)
    package static let signalLostLanes = text(PackageResources.signal_lost_lanes_sql)
    package static let signalForgottenLanes = text(
        PackageResources.signal_forgotten_lanes_sql)
    package static let fetchMessages = text(PackageResources.fetch_messages_sql)
    package static let fetchBlockedMessages = text(PackageResources.fetch_blocked_messages_sql)
    package static let completeMessages = text(PackageResources.complete_messages_sql)
    package static let forgetIntents = text(PackageResources.forget_intents_sql)
    package static let renewLanes = text(PackageResources.renew_lanes_sql)
    package static let releaseLanes = text(PackageResources.release_lanes_sql)
    package static let markSuspect = text(PackageResources.mark_suspect_sql)
    package static let clearSignals = text(PackageResources.clear_signals_sql)
    package static let signalLanes = text(PackageResources.signal_lanes_sql)
    package static let storeIntents = text(PackageResources.store_intents_sql)
    package static let reserveBudget = text(PackageResources.reserve_budget_sql)
    package static let listDeadLetters = text(PackageResources.list_dead_letters_sql)
    package static let showDeadLetter = text(PackageResources.show_dead_letter_sql)
    package static let listAttempts = text(PackageResources.list_attempts_sql)
    package static let listRejectedEvents = text(PackageResources.list_rejected_events_sql)
    package static let showRejectedEvent = text(PackageResources.show_rejected_event_sql)
    package static let planReplay = text(PackageResources.plan_replay_sql)
    package static let lockReplayPlan = text(PackageResources.lock_replay_plan_sql)
    package static let inspectReplayPlan = text(PackageResources.inspect_replay_plan_sql)
    package static let applyReplayPlan = text(PackageResources.apply_replay_plan_sql)
    package static let readDepth = text(PackageResources.read_depth_sql)
    package static let readConservation = text(PackageResources.read_conservation_sql)

    fileprivate static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension QueueSQL.Migration {
    fileprivate init(version: Int, name: String, bytes: [UInt8]) {
        self.init(version: version, name: name, sql: QueueSQL.text(bytes))
    }
}
