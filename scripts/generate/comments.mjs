// The comments of .proto files, by the `proto` object of what they describe.

/** Field numbers in descriptor.proto, of which the paths of comments are made, and where the elements hang. */
const parts = {
  file: [
    [4, 'messageType', 'message'],
    [5, 'enumType', 'enum'],
    [6, 'service', 'service'],
  ],
  message: [
    [2, 'field', 'leaf'],
    [3, 'nestedType', 'message'],
    [4, 'enumType', 'enum'],
  ],
  enum: [[2, 'value', 'leaf']],
  service: [[2, 'method', 'leaf']],
  leaf: [],
};

export function commentsOf(registry) {
  const comments = new Map();
  for (const file of registry.files) {
    const byPath = new Map();
    for (const { path, leadingComments } of file.proto.sourceCodeInfo?.location ?? []) {
      if (leadingComments) byPath.set(path.join(), leadingComments.trim());
    }
    const visit = (element, kind, path) => {
      comments.set(element, byPath.get(path.join()) ?? '');
      for (const [number, name, inner] of parts[kind]) {
        for (const [i, child] of element[name].entries()) visit(child, inner, [...path, number, i]);
      }
    };
    visit(file.proto, 'file', []);
  }
  return comments;
}
