import Gateway
import Packets

/// The policy and the listener of a transcript's cases, line by line.
struct TranscriptSetup {
    var policy = GatewayPolicy()
    var listener: Listener?
    var transport = SessionTransport.tcp
    /// Whether the player answers `openServer` at once.
    var opensAtOnce = true
    var isShadow = false

    /// - Returns: whether the line makes sense.
    mutating func take(_ line: Substring) -> Bool {
        let words = line.split(separator: " ").map(String.init)
        switch (words[0], words.count) {
        case ("listener", 2...): return takeListener(words)
        case ("unlisted", 2):
            listener = nil
            guard let action = GatewayPolicy.UnlistedAction(rawValue: words[1]) else { return false }
            policy.unlisted = action
        case ("default", 2):
            guard let action = PolicyAction(rawValue: words[1]) else { return false }
            policy.defaultAction = action
        case ("open", 2):
            guard let opening = GatewaySettings.Opening(rawValue: words[1]) else { return false }
            policy.settings.open = opening
        case ("detect", 2):
            guard let detection = GatewaySettings.Detection(rawValue: words[1]) else { return false }
            policy.settings.detection = detection
        case ("limit", 3):
            guard let name = GatewayLimits.Name(rawValue: words[1]), let number = Int64(words[2]) else {
                return false
            }
            policy.limits[name] = number
        case ("tolerate", 2):
            guard let anomaly = Anomaly(rawValue: words[1]) else { return false }
            policy.allowedAnomalies.insert(anomaly)
        case ("no-rules", 1): policy.rules = []
        case ("shadow", 1): isShadow = true
        case ("slow-server", 1): opensAtOnce = false
        case ("rule", 3...):
            guard let rule = rule(words) else { return false }
            policy.rules.append(rule)
        default: return false
        }
        return true
    }

    private mutating func takeListener(_ words: [String]) -> Bool {
        guard let name = GatewayProtocol(rawValue: words[1]) else { return false }
        if words.contains("udp") { transport = .udp }
        var listener = Listener(name, transports: [transport])
        if words.contains("explicit") { listener.mode = .explicit }
        if words.contains("fixed") { listener.mode = .fixed(Endpoint(.v4(0x0a00_0001), 8080)) }
        self.listener = listener
        return true
    }

    /// `rule NAME ACTION field=glob|glob field!=glob header:name=glob field=>5 reply=404 set-request=Name:value`
    private func rule(_ words: [String]) -> PolicyRule? {
        guard let action = PolicyAction(rawValue: words[2]) else { return nil }
        var rule = PolicyRule(name: words[1], action: action)
        for word in words.dropFirst(3) {
            guard let equals = word.firstIndex(of: "=") else { return nil }
            var key = String(word[..<equals])
            let value = String(word[word.index(after: equals)...])
            let isNegated = key.hasSuffix("!")
            if isNegated { key.removeLast() }
            let pair = value.split(separator: ":", maxSplits: 1).map(String.init)
            switch key {
            case "reply": rule.reply = DenialReply(status: Int(value), body: rule.reply?.body)
            case "body-text": rule.reply = DenialReply(status: rule.reply?.status, body: value)
            case "set-request": rule.edits.setRequest.append(HeaderEdits.Field(pair[0], pair[1]))
            case "set-response": rule.edits.setResponse.append(HeaderEdits.Field(pair[0], pair[1]))
            case "remove-request": rule.edits.removeRequest.append(value)
            case "remove-response": rule.edits.removeResponse.append(value)
            default:
                let parts = key.split(separator: ":").map(String.init)
                guard let field = PolicyField(rawValue: parts[0]) else { return nil }
                let any = ValueMatcher.any(value.split(separator: "|").map { matcher(field, String($0)) })
                rule.tests.append(
                    FieldTest(
                        field, headerName: parts.count > 1 ? parts[1] : nil, isNegated ? .not(any) : any))
            }
        }
        return rule
    }

    private func matcher(_ field: PolicyField, _ value: String) -> ValueMatcher {
        if value.hasPrefix(">"), let number = Int64(value.dropFirst()) {
            return .number(number + 1...Int64.max)
        }
        if let number = Int64(value) { return .number(number...number) }
        return .text(TextPattern(glob: value, field.textStyle))
    }
}
