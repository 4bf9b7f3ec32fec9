import Foundation

/// How a PaymentIntent of the double lives: created, confirmed, captured, canceled.
extension StripeBooks {
    private static let captureMethods = ["automatic", "automatic_async", "manual"]
    private static let cancellationReasons = [
        "abandoned", "duplicate", "fraudulent", "requested_by_customer",
    ]

    mutating func createIntent(_ request: StripeRequest) throws(StripeError) -> JSON {
        guard let amount = try request.amount("amount") else { throw .missing("amount") }
        guard let currency = request.parameters["currency"] else { throw .missing("currency") }
        let method = try request.choice("capture_method", of: Self.captureMethods)
        let isConfirmed = try request.flag("confirm") ?? false
        let paymentMethod = request.parameters["payment_method"]
        if isConfirmed, paymentMethod == nil { throw .missing("payment_method") }
        let intent = PaymentIntent(
            id: newID("pi"), account: request.account, amount: amount,
            currency: currency.lowercased(), captureMethod: method ?? "automatic_async",
            paymentMethod: paymentMethod, customer: request.parameters["customer"],
            description: request.parameters["description"],
            statementDescriptorSuffix: request.parameters["statement_descriptor_suffix"],
            metadata: request.parameters.members(of: "metadata").filter { !$0.value.isEmpty },
            created: request.now,
            status: paymentMethod == nil ? .requiresPaymentMethod : .requiresConfirmation)
        keep(intent)
        publish(
            [StripeOccurrence(type: "payment_intent.created", object: intent.json(charge: nil))],
            request)
        return isConfirmed ? try confirm(intent, request) : json(intent, for: request)
    }

    mutating func updateIntent(_ request: StripeRequest) throws(StripeError) -> JSON {
        var intent = try intent(request)
        intent.merge(metadata: request.parameters.members(of: "metadata"))
        intent.description = request.parameters["description"] ?? intent.description
        keep(intent)
        return json(intent, for: request)
    }

    mutating func confirm(
        _ intent: PaymentIntent, _ request: StripeRequest
    ) throws(StripeError) -> JSON {
        var intent = intent
        guard [.requiresPaymentMethod, .requiresConfirmation].contains(intent.status) else {
            throw .unexpectedState(
                "You cannot confirm this PaymentIntent because it has already "
                    + "\(intent.status.rawValue) after being previously confirmed.", intent)
        }
        intent.paymentMethod = request.parameters["payment_method"] ?? intent.paymentMethod
        guard let paymentMethod = intent.paymentMethod else {
            throw .unexpectedState(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                intent)
        }
        var charge = newCharge(for: intent, at: request.now)
        intent.latestCharge = charge.id
        if paymentMethod.lowercased().contains("declined") {
            charge.isPaid = false
            intent.status = .requiresPaymentMethod
            intent.paymentMethod = nil
            keep(charge)
            keep(intent)
            publish(
                [
                    StripeOccurrence(type: "charge.failed", object: charge.json),
                    StripeOccurrence(
                        type: "payment_intent.payment_failed", object: intent.json(charge: nil)),
                ], request)
            throw .declined(intent)
        }
        return authorize(&intent, &charge, request)
    }

    private mutating func authorize(
        _ intent: inout PaymentIntent, _ charge: inout Charge, _ request: StripeRequest
    ) -> JSON {
        let isManual = intent.captureMethod == "manual"
        if isManual {
            intent.status = .requiresCapture
            intent.amountCapturable = intent.amount
        } else {
            intent.status = .succeeded
            intent.amountReceived = intent.amount
            charge.isCaptured = true
            charge.amountCaptured = charge.amount
        }
        keep(charge)
        keep(intent)
        record(.authorization, amount: intent.amount, intent: intent, request)
        if !isManual { record(.capture, amount: intent.amount, intent: intent, request) }
        publish(
            [
                StripeOccurrence(type: "charge.succeeded", object: charge.json),
                StripeOccurrence(
                    type: isManual
                        ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded",
                    object: intent.json(charge: nil)),
            ], request)
        return json(intent, for: request)
    }

    mutating func captureCharge(_ request: StripeRequest) throws(StripeError) -> JSON {
        let charge = try charge(request)
        guard !charge.isCaptured else {
            throw .business(
                "charge_already_captured", "Charge \(charge.id) has already been captured.")
        }
        let intent = try intent(charge.paymentIntent, request, parameter: "charge")
        _ = try capture(intent, request, amountName: "amount")
        return try self.charge(request).json
    }

    mutating func capture(
        _ intent: PaymentIntent, _ request: StripeRequest, amountName: String = "amount_to_capture"
    ) throws(StripeError) -> JSON {
        var intent = intent
        let wanted = try request.amount(amountName)
        let isFinal = try request.flag("final_capture") ?? true
        guard let id = intent.latestCharge, var charge = charges[id] else {
            throw .unexpectedState(Self.notCapturable(intent), intent)
        }
        try expireIfOverdue(&intent, &charge, request)
        guard intent.status == .requiresCapture else {
            throw .unexpectedState(Self.notCapturable(intent), intent)
        }
        let amount = wanted ?? intent.amountCapturable
        guard amount <= intent.amountCapturable else {
            throw .business(
                "amount_too_large",
                "The amount to capture (\(amount)) is greater than the amount capturable "
                    + "(\(intent.amountCapturable)).", parameter: amountName)
        }
        intent.merge(metadata: request.parameters.members(of: "metadata"))
        intent.amountReceived += amount
        intent.amountCapturable = isFinal ? 0 : intent.amountCapturable - amount
        if isFinal || intent.amountCapturable == 0 { intent.status = .succeeded }
        charge.isCaptured = true
        charge.amountCaptured += amount
        keep(charge)
        keep(intent)
        record(.capture, amount: amount, intent: intent, request)
        publish(
            [
                StripeOccurrence(
                    type: intent.status == .succeeded
                        ? "payment_intent.succeeded" : "payment_intent.amount_capturable_updated",
                    object: intent.json(charge: nil)),
                StripeOccurrence(type: "charge.captured", object: charge.json),
            ], request)
        return json(intent, for: request)
    }

    /// Ends an authorization that is past its capture deadline, then refuses the capture.
    private mutating func expireIfOverdue(
        _ intent: inout PaymentIntent, _ charge: inout Charge, _ request: StripeRequest
    ) throws(StripeError) {
        let isOverdue = intent.status == .requiresCapture && request.now >= charge.captureBefore
        guard isOverdue || charge.isExpired else { return }
        if isOverdue {
            charge.isExpired = true
            intent.status = .canceled
            intent.amountCapturable = 0
            intent.canceledAt = charge.captureBefore
            intent.cancellationReason = "automatic"
            keep(charge)
            keep(intent)
            publish(
                [
                    StripeOccurrence(
                        type: "charge.expired", object: charge.json, isByRequest: false),
                    StripeOccurrence(
                        type: "payment_intent.canceled", object: intent.json(charge: nil),
                        isByRequest: false),
                ], request)
        }
        throw .business(
            "charge_expired_for_capture",
            "The charge cannot be captured as the authorization has expired.")
    }

    mutating func cancel(_ request: StripeRequest) throws(StripeError) -> JSON {
        var intent = try intent(request)
        let reason = try request.choice("cancellation_reason", of: Self.cancellationReasons)
        let open: [PaymentIntent.Status] = [
            .requiresPaymentMethod, .requiresConfirmation, .requiresCapture,
        ]
        guard open.contains(intent.status) else {
            throw .unexpectedState(
                "You cannot cancel this PaymentIntent because it has a status of "
                    + "\(intent.status.rawValue). Only a PaymentIntent with one of the following "
                    + "statuses may be canceled: requires_payment_method, requires_capture, "
                    + "requires_confirmation, requires_action, processing.", intent)
        }
        let released = intent.amountCapturable
        intent.status = .canceled
        intent.amountCapturable = 0
        intent.canceledAt = request.now
        intent.cancellationReason = reason
        keep(intent)
        record(.cancel, amount: released, intent: intent, request)
        publish(
            [StripeOccurrence(type: "payment_intent.canceled", object: intent.json(charge: nil))],
            request)
        return json(intent, for: request)
    }

    private static func notCapturable(_ intent: PaymentIntent) -> String {
        "This PaymentIntent could not be captured because it has a status of "
            + "\(intent.status.rawValue). Only a PaymentIntent with one of the following statuses "
            + "may be captured: requires_capture."
    }
}

extension PaymentIntent {
    /// Sets members of the metadata; an empty value deletes one.
    mutating func merge(metadata changes: [String: String]) {
        for (name, value) in changes { metadata[name] = value.isEmpty ? nil : value }
    }
}
