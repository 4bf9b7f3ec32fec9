import Foundation
import NIOConcurrencyHelpers

/// The double of SCAPI Orders: orders, their attribute definitions, and what goes wrong.
///
/// It has no idempotency key and no ETag, as the real one: a write that is repeated is done again,
/// and the ledger shows whether it changed anything.
final class CommerceCloudDouble: Sendable {
    private struct State {
        /// By site, then order number.
        var orders: [String: [String: Order]] = [:]
        var definitions: [String: Set<String>]
        var generator: SeededGenerator
    }

    let traffic: Traffic
    private let organization: String
    private let accountManager: AccountManager
    private let clock: SandboxClock
    private let faults: FaultRules
    private let ledger: EffectLedger
    private let standardAttributes: Set<String>
    private let state: NIOLockedValueBox<State>

    init(
        configuration: SandboxConfiguration, accountManager: AccountManager, clock: SandboxClock,
        faults: FaultRules, ledger: EffectLedger
    ) {
        let commerceCloud = configuration.commerceCloud
        organization = commerceCloud.organization
        standardAttributes = commerceCloud.attributes
        self.accountManager = accountManager
        self.clock = clock
        self.faults = faults
        self.ledger = ledger
        traffic = Traffic(
            limits: commerceCloud.requestsPerSecond.map { [commerceCloud.clientID: $0] } ?? [:])
        let sites = commerceCloud.sites.map { ($0, commerceCloud.attributes) }
        state = NIOLockedValueBox(
            State(
                definitions: Dictionary(sites, uniquingKeysWith: { $1 }),
                generator: SeededGenerator(seed: configuration.seed ^ 0x5346_4343)))
    }

    /// Handles one call.
    func react(to call: Call) async -> Reaction {
        let correlationID =
            call[header: "correlation-id"]
            ?? state.withLockedValue { $0.generator.token(length: 22) }
        var plan = FaultRules.Plan()
        var reaction: Reaction
        var outcome: String
        do throws(Problem) {
            let operation = try admit(call)
            plan = faults.plan(
                api: .commerceCloud, operation: operation.name, objects: [operation.orderNo])
            let answer =
                plan.fault == .dropBeforeEffect
                ? nil : try await run(operation, call, plan, correlationID: correlationID)
            reaction = answer.map(Reaction.answer) ?? .drop
            outcome = answer.map { "\($0.status)" } ?? "dropped_before_effect"
        } catch {
            reaction = .answer(error.answer)
            outcome = "\(error.status)"
        }
        if plan.latencyAfter > .zero { try? await Task.sleep(for: plan.latencyAfter) }
        switch plan.fault {
        case .dropAfterEffect: (reaction, outcome) = (.drop, "dropped_after_effect")
        case .gatewayTimeoutAfterEffect:
            (reaction, outcome) = (.answer(Problem.gatewayTimeout.answer), "504")
        case .serverErrorAfterEffect:
            (reaction, outcome) = (.answer(Problem.serverError.answer), "500")
        default: break
        }
        traffic.finish(outcome)
        guard case .answer(let answer) = reaction else { return .drop }
        var headers = ["x-correlation-id": correlationID]
        if answer.headers["sfdc_load"] == nil { headers["sfdc_load"] = "12" }
        return .answer(answer.adding(headers))
    }

    /// Creates orders, or replaces those with the same number; sites come into being with them.
    func create(_ seeds: [OrderSeed]) throws(Problem) {
        for seed in seeds where Decimal(string: seed.total) == nil {
            throw .badRequest("The total '\(seed.total)' of order '\(seed.orderNo)' is no number.")
        }
        let now = clock.now
        state.withLockedValue { state in
            for seed in seeds {
                state.orders[seed.siteId, default: [:]][seed.orderNo] = Order(seed, at: now)
                if state.definitions[seed.siteId] == nil {
                    state.definitions[seed.siteId] = standardAttributes
                }
            }
        }
    }

    /// An order by its number, in one site or in the first that has it.
    func order(_ orderNo: String, site: String?) -> OrderState? {
        state.withLockedValue { state in
            let sites = site.map { [$0] } ?? state.orders.keys.sorted()
            for site in sites {
                if let order = state.orders[site]?[orderNo] { return order.state }
            }
            return nil
        }
    }

    /// Installs and removes attribute definitions of a site's orders. Stored values stay.
    func changeAttributes(_ change: AttributeChange) -> AttributeDefinitions {
        state.withLockedValue { state in
            var definitions = state.definitions[change.siteId] ?? standardAttributes
            definitions.formUnion(change.install ?? [])
            definitions.subtract(change.uninstall ?? [])
            state.definitions[change.siteId] = definitions
            return AttributeDefinitions(siteId: change.siteId, attributes: definitions.sorted())
        }
    }

    private func admit(_ call: Call) throws(Problem) -> CommerceCloudOperation {
        guard let operation = CommerceCloudOperation(call) else { throw .notFound(call.path) }
        guard let token = call.bearer else { throw .unauthorized("The access token is missing.") }
        guard let grant = accountManager.grant(for: token) else {
            throw .unauthorized("The access token is invalid or expired.")
        }
        guard operation.organization == organization else {
            throw .forbidden("The token is not valid for '\(operation.organization)'.")
        }
        guard grant.canWrite || !operation.isWrite else {
            throw .forbidden("The scope sfcc.orders.rw is missing.")
        }
        guard
            traffic.admit(caller: grant.clientID, operation: operation.name, at: clock.instant)
        else { throw .rateLimited }
        return operation
    }

    private func run(
        _ operation: CommerceCloudOperation, _ call: Call, _ plan: FaultRules.Plan,
        correlationID: String
    ) async throws(Problem) -> Answer {
        switch plan.fault {
        case .rateLimited: throw .rateLimited
        case .unauthorized: throw .unauthorized("The access token is invalid or expired.")
        case .serverError, .serverErrorSaved: throw .serverError
        case .unavailable, .lockTimeout: throw .unavailable
        case .throttled: throw .throttled
        default: break
        }
        guard let site = FormBody(parsing: call.query)?["siteId"], !site.isEmpty else {
            throw .badRequest("The required query parameter 'siteId' is missing.")
        }
        let subject = site + "/" + operation.orderNo
        if operation.isWrite { _ = traffic.enter(subject) }
        defer { if operation.isWrite { traffic.leave(subject) } }
        if plan.latencyBefore > .zero { try? await Task.sleep(for: plan.latencyBefore) }
        return try perform(operation, site: site, body: call.body, correlationID: correlationID)
    }

    private func perform(
        _ operation: CommerceCloudOperation, site: String, body: [UInt8], correlationID: String
    ) throws(Problem) -> Answer {
        let now = clock.now
        let result = state.withLockedValue { state -> Result<Answer, Problem> in
            do throws(Problem) {
                guard let definitions = state.definitions[site] else { throw .siteNotFound(site) }
                guard var order = state.orders[site]?[operation.orderNo] else {
                    throw .orderNotFound(operation.orderNo)
                }
                var changes: [OrderChange] = []
                func note(_ field: String, _ from: String?, _ to: String?) {
                    changes.append(
                        OrderChange(
                            sequence: 0, siteId: site, orderNo: order.orderNo, field: field,
                            from: from, to: to, correlationId: correlationID, at: now))
                }
                var answer = Answer(status: 204)
                switch operation.verb {
                case .get: return .success(Answer(status: 200, json: order.json))
                case .patch:
                    let values = try Self.attributes(in: body, definitions, site: site)
                    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                        let new: JSON? = value == .null ? Optional.none : value
                        note(name, order.attributes[name]?.text, new?.text)
                        order.attributes[name] = new
                    }
                    order.lastModified = now
                case .put(let field):
                    let wanted = try Self.status(in: body)
                    let (from, to) = try order.set(field, to: wanted, at: now)
                    note(field.rawValue, from, to)
                    if wanted == "failed_with_reopen" { answer.status = 201 }
                }
                state.orders[site]?[operation.orderNo] = order
                for change in changes { ledger.record(change) }
                return .success(answer)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func attributes(
        in body: [UInt8], _ definitions: Set<String>, site: String
    ) throws(Problem) -> [String: JSON] {
        guard let json = try? JSON(parsing: body), case .object(let members) = json else {
            throw .badRequest("The request body is not a JSON object.")
        }
        for name in members.keys.sorted() {
            guard name.hasPrefix("c_") else { throw .readOnly(name) }
            guard definitions.contains(name) else { throw .unknownAttribute(name, site: site) }
        }
        return members
    }

    private static func status(in body: [UInt8]) throws(Problem) -> String {
        guard let json = try? JSON(parsing: body), case .object(let members) = json else {
            throw .badRequest("The request body is not a JSON object.")
        }
        guard case .string(let status)? = members["status"] else {
            throw .badRequest(
                "Decoding of the property with path '$.status' failed because the expected type "
                    + "is 'String'.")
        }
        return status
    }
}
