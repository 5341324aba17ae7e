// The comments of a .proto file, as the documents show them.

import type { DescFile } from '@bufbuild/protobuf';
import type { DescriptorProto, EnumDescriptorProto } from '@bufbuild/protobuf/wkt';

/** Field numbers in descriptor.proto, of which the paths of comments are made. */
const inFile = { message: 4, enum: 5, service: 6 };
const inMessage = { field: 2, message: 3, enum: 4, oneof: 8 };
const inEnum = { value: 2 };
const inService = { method: 2 };

/** The leading comment of every element of a file, by the element's `proto` object. */
export function commentsOf(file: DescFile): ReadonlyMap<object, string> {
  const byPath = new Map<string, string>();
  for (const location of file.proto.sourceCodeInfo?.location ?? []) {
    if (location.leadingComments) byPath.set(location.path.join(), tidy(location.leadingComments));
  }
  const comments = new Map<object, string>();
  const note = (element: object, path: readonly number[]) => comments.set(element, byPath.get(path.join()) ?? '');
  const noteEnum = (element: EnumDescriptorProto, path: readonly number[]) => {
    note(element, path);
    element.value.forEach((value, i) => {
      note(value, [...path, inEnum.value, i]);
    });
  };
  const noteMessage = (element: DescriptorProto, path: readonly number[]) => {
    note(element, path);
    element.field.forEach((field, i) => {
      note(field, [...path, inMessage.field, i]);
    });
    element.enumType.forEach((inner, i) => {
      noteEnum(inner, [...path, inMessage.enum, i]);
    });
    element.nestedType.forEach((inner, i) => {
      noteMessage(inner, [...path, inMessage.message, i]);
    });
  };
  file.proto.messageType.forEach((message, i) => {
    noteMessage(message, [inFile.message, i]);
  });
  file.proto.enumType.forEach((element, i) => {
    noteEnum(element, [inFile.enum, i]);
  });
  file.proto.service.forEach((service, i) => {
    note(service, [inFile.service, i]);
    service.method.forEach((method, j) => {
      note(method, [inFile.service, i, inService.method, j]);
    });
  });
  return comments;
}

function tidy(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}
