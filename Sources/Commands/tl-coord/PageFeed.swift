import Monitoring
import RunFiles
import RunPage
import Synchronization

/// What the page of a run shows now, between those who find it out and the server's thread.
final class PageFeed: Sendable {
  private struct State {
    var view: RunView
    var outcome: RunSite.Outcome?
    var notice = ""
    var site: RunSite
  }

  /// What is under way before there is a run to follow.
  private struct Preparing: Equatable {
    let what: String
    let share: Double?
  }

  private let state: Mutex<State>
  /// The command that shows the run when this process has gone.
  private let again: String
  private let preparing = Mutex<Preparing?>(nil)

  init(_ directory: RunDirectory) {
    let view = RunView(name: directory.name, phase: .notStarted)
    again = "tl-coord show \(directory.argument)"
    state = Mutex(State(view: view, site: RunSite(view, again: again)))
  }

  var site: RunSite { state.withLock { $0.site } }

  /// Takes in the run as it is now.
  func take(_ seen: RunView) {
    var view = seen
    if let preparing = preparing.withLock({ $0 }) {
      view.phase = .preparing(preparing.what)
      view.preparedShare = preparing.share
    }
    change { state in
      guard state.view != view else { return false }
      state.view = view
      return true
    }
  }

  /// Notes what a coordinator of this process tells. Costs its control thread next to nothing.
  func note(_ event: RunEvent) {
    switch event {
    case .preparing(let preparation, let done, let total):
      var view = RunView(name: "", phase: .notStarted)
      view.take(.preparing(preparation, done: done, total: total))
      guard case .preparing(let what) = view.phase else { return }
      note(preparing: what, share: view.preparedShare)
    case .logged: preparing.withLock { $0 = nil }
    case .invitation, .status, .warning: break
    }
  }

  func note(preparing what: String, share: Double?) {
    preparing.withLock { $0 = Preparing(what: what, share: share) }
  }

  /// Shows what the classifier makes of the validation photographs.
  func take(_ outcome: RunSite.Outcome) {
    change { state in
      state.outcome = outcome
      state.notice = ""
      return true
    }
  }

  /// Shows the next of its photographs.
  func add(pictures: [[UInt8]]) {
    change { state in
      state.outcome?.add(pictures)
      return true
    }
  }

  /// Says why it can't be shown.
  func take(notice: String) {
    change { state in
      state.notice = notice
      return true
    }
  }

  private func change(_ body: (inout State) -> Bool) {
    state.withLock { state in
      guard body(&state) else { return }
      state.site = RunSite(
        state.view, state.outcome, notice: state.notice, again: again)
    }
  }
}
