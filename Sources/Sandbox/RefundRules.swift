import Foundation

/// How a refund of the double comes to be: `pending` in the answer, `succeeded` right after.
extension StripeBooks {
    private static let reasons = ["duplicate", "fraudulent", "requested_by_customer"]

    mutating func createRefund(_ request: StripeRequest) throws(StripeError) -> JSON {
        let wanted = try request.amount("amount")
        let reason = try request.choice("reason", of: Self.reasons)
        var charge = try refundableCharge(request)
        let intent = try intent(charge.paymentIntent, request, parameter: "payment_intent")
        guard charge.refundable > 0 else {
            throw .business(
                "charge_already_refunded", "Charge \(charge.id) has already been refunded.")
        }
        let amount = wanted ?? charge.refundable
        guard amount <= charge.refundable else {
            throw .business(
                "amount_too_large",
                "Refund amount (\(amount)) is greater than unrefunded amount on charge "
                    + "(\(charge.refundable)).", parameter: "amount")
        }
        var refund = Refund(
            id: newID("re", like: charge.id), account: request.account, charge: charge.id,
            paymentIntent: intent.id, amount: amount, currency: charge.currency, reason: reason,
            metadata: request.parameters.members(of: "metadata").filter { !$0.value.isEmpty },
            created: request.now, status: "pending")
        let answer = refund.json
        charge.amountRefunded += amount
        charge.refunds.append(refund.id)
        refund.status = "succeeded"
        keep(charge)
        keep(refund)
        record(.refund, amount: amount, intent: intent, refund: refund.id, request)
        publish(
            [
                StripeOccurrence(type: "refund.created", object: answer),
                StripeOccurrence(type: "charge.refunded", object: charge.json),
                StripeOccurrence(
                    type: "refund.updated", object: refund.json,
                    previousAttributes: ["status": "pending"], isByRequest: false),
            ], request)
        return answer
    }

    private func refundableCharge(_ request: StripeRequest) throws(StripeError) -> Charge {
        if let id = request.parameters["charge"] {
            let charge = try charge(id, request, parameter: "charge")
            guard charge.isCaptured else {
                throw .business("charge_not_refundable", "Charge \(id) has not been captured.")
            }
            return charge
        }
        guard let id = request.parameters["payment_intent"] else {
            throw .missing("payment_intent")
        }
        let intent = try intent(id, request, parameter: "payment_intent")
        guard
            let charge = intent.latestCharge.flatMap({ charges[$0] }), charge.isCaptured
        else {
            throw .unexpectedState(
                "This PaymentIntent (\(id)) does not have a successful charge to refund.", intent)
        }
        return charge
    }
}
