import Packets

/// Reads from the probes' messages what became of one packet.
enum ObservationReader {
    static func read(
        _ events: [ProbeEvent], _ frames: [KernelObservation.Emission]
    ) -> KernelObservation {
        var result = KernelObservation()
        /// The hook that the packet entered and hasn't left.
        var open: KernelObservation.Hook?
        var isOfAnswer = false
        var left = false
        var answerLeft = false
        for event in events {
            if event.tag == "K" {
                isOfAnswer = true
                result.answers.append(event.payload)
                continue
            }
            if isOfAnswer {
                if event.tag == "Q9" { answerLeft = true }
                continue
            }
            if event.tag.hasPrefix("S:") {
                if result.state == nil { result.state = String(event.tag.dropFirst(2)) }
                continue
            }
            guard let letter = event.tag.first, let hook = KernelObservation.Hook(letter: letter) else {
                continue
            }
            if result.hooks.last != hook { result.hooks.append(hook) }
            switch event.tag.last {
            case "0": open = hook
            case "9": open = nil
            default: break
            }
            if event.tag == "I9" { result.delivered = event.payload }
            if event.tag == "Q9" { left = true }
        }
        result.endedIn = open
        let tags = events.map(\.tag)
        result.isHeld = tags == ["P0"] || tags == ["O0"]
        if left { result.emissions = frames } else if answerLeft { result.emittedAnswers = frames }
        return result
    }
}
