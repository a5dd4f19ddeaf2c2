/// What the names of a split dataset's folders are made of, in the languages that people name folders
/// in. All in lower case, accents also left out where people leave them out.
enum PartWords {
  /// Only words that say nothing else of photographs: a name that may well be a class's isn't here.
  static let meanings: [String: PartName.Meaning] = {
    var meanings: [String: PartName.Meaning] = [:]
    for (meaning, text) in words {
      for word in text.split(separator: " ") { meanings[String(word)] = meaning }
    }
    return meanings
  }()

  /// Words that any folder of photographs may have in its name, and that say nothing of its part.
  static let fillers = Set(
    """
    set sets data dataset datasets image images img imgs photo photos picture pictures pic pics jpg \
    jpeg png split dir folder files sample samples subset part new final full small the \
    daten datensatz satz bilder fotos données donnees jeu datos conjunto imágenes imagenes dati \
    immagini dados imagens gegevens dane zbiór zbior 集 数据 数据集 データ
    """.split(separator: " ").map(String.init))

  private static let words: [(PartName.Meaning, String)] = [
    (.training, "train training trn trainval learn learning"),
    (
      .validation,
      "validation validate validating valid val vali vld dev devel development crossval"
    ),
    (.test, "test testing tests tst"),
    (.evaluation, "eval evaluation evaluate"),
    (.holdout, "holdout heldout"),
    (.unlabelled, "pred predict prediction predictions unlabeled unlabelled unsup submission"),
    // French
    (.training, "entraînement entrainement apprentissage"),
    (.evaluation, "évaluation"),
    // German, whose words are written in one: "Trainingsdaten"
    (.training, "trainings"), (.validation, "validierung validierungs"),
    // Spanish
    (.training, "entrenamiento"), (.validation, "validación validacion"), (.test, "pruebas"),
    // Italian
    (.training, "addestramento"), (.validation, "validazione convalida"),
    // Portuguese
    (.training, "treinamento treino"), (.validation, "validação validacao"),
    (.test, "teste testes"),
    // Dutch
    (.validation, "validatie"),
    // Swedish, Danish and Norwegian
    (.training, "träning træning trening"), (.validation, "validering"),
    // Polish
    (.training, "treningowe treningowy"), (.validation, "walidacja walidacyjne walidacyjny"),
    (.test, "testowe testowy"),
    // Russian
    (.training, "обучение обучающая"), (.validation, "валидация"), (.test, "тест"),
    // Indonesian
    (.training, "latih pelatihan"), (.validation, "validasi"), (.test, "pengujian"),
    // Chinese, Japanese and Korean
    (.training, "训练 訓練 学習 학습 훈련"), (.validation, "验证 驗證 検証 검증"),
    (.test, "测试 測試 テスト 테스트"),
  ]
}
