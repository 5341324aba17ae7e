// What can be sent beside text: a place, a poll, a contact, a file that lies somewhere on the web.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { Outgoing } from '../../client/chat/outbox-store.ts';
import type { App } from '../app.ts';
import { fill, h } from '../dom.ts';
import { openMenu } from '../menu.ts';
import { failureWords } from '../words/failures.ts';
import { openDialog, problemLine } from './dialog.ts';

type Form = {
  readonly title: string;
  readonly fields: readonly HTMLElement[];
  /** The message; a sentence when something is missing. */
  read(): Outgoing | string;
};

export function attachMenu(anchor: Element, app: App, conversation: Conversation, sent: () => void): void {
  const open = (form: Form) => () => formDialog(form, app, conversation, sent);
  openMenu(anchor, [
    { icon: 'place', words: 'Place', run: open(placeForm()) },
    { icon: 'poll', words: 'Poll', run: open(pollForm()) },
    { icon: 'person', words: 'Contact', run: open(contactForm()) },
    { icon: 'attach', words: 'File by link', run: open(linkForm()) },
  ]);
}

function formDialog(form: Form, app: App, conversation: Conversation, sent: () => void): void {
  const dialog = openDialog(form.title);
  const problem = problemLine();
  const submit = (event: Event): void => {
    event.preventDefault();
    const message = form.read();
    if (typeof message === 'string') {
      problem.say(message);
      return;
    }
    try {
      conversation.send({ ...message, metadata: { platform: 'web' } });
    } catch (error) {
      app.say(failureWords(error));
    }
    dialog.close();
    sent();
  };
  const cancel = h('button', { class: 'quiet', type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const actions = h(
    'div',
    { class: 'dialog-actions' },
    cancel,
    h('button', { class: 'primary', type: 'submit' }, 'Send'),
  );
  fill(dialog.body, h('form', { onsubmit: submit }, ...form.fields, problem.element, actions));
  dialog.body.querySelector('input')?.focus();
}

function field(label: string, attributes: Record<string, string | number> = {}): [HTMLElement, HTMLInputElement] {
  const input = h('input', { type: 'text', ...attributes });
  return [h('label', { class: 'field' }, h('span', {}, label), input), input];
}

function placeForm(): Form {
  const [nameField, name] = field('Name', { maxlength: 200, placeholder: 'Pond A1' });
  const [latitudeField, latitude] = field('Latitude', { inputmode: 'decimal', placeholder: '16.54321' });
  const [longitudeField, longitude] = field('Longitude', { inputmode: 'decimal', placeholder: '81.52123' });
  const here = h('button', { class: 'quiet', type: 'button' }, 'Where I am now');
  here.addEventListener('click', () =>
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => {
        latitude.value = coords.latitude.toFixed(5);
        longitude.value = coords.longitude.toFixed(5);
      },
      () => here.replaceChildren('The browser does not say where it is'),
    ),
  );
  return {
    title: 'Send a place',
    fields: [nameField, h('div', { class: 'field-pair' }, latitudeField, longitudeField), here],
    read() {
      const [north, east] = [Number(latitude.value || Number.NaN), Number(longitude.value || Number.NaN)];
      if (!(Math.abs(north) <= 90 && Math.abs(east) <= 180)) return 'Give latitude and longitude in degrees.';
      return { content: { type: 'location' }, location: { latitude: north, longitude: east, name: name.value.trim() } };
    },
  };
}

function pollForm(): Form {
  const [questionField, question] = field('Question', { maxlength: 300, placeholder: 'Which pond do we net first?' });
  const options = h('textarea', { rows: 4, placeholder: 'Pond A1\nPond A3' });
  const several = h('input', { type: 'checkbox' });
  return {
    title: 'Ask in a poll',
    fields: [
      questionField,
      h('label', { class: 'field' }, h('span', {}, 'Options, one in a line'), options),
      h('label', { class: 'check' }, several, 'One may choose several'),
    ],
    read() {
      const texts = options.value
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
      if (question.value.trim() === '') return 'What is the question?';
      if (texts.length < 2 || texts.length > 12) return 'Give 2 to 12 options.';
      const poll = { question: question.value.trim(), options: texts.map((text) => ({ text })) };
      return { content: { type: 'poll' }, poll: several.checked ? { ...poll, multiple_choice: true } : poll };
    },
  };
}

function contactForm(): Form {
  const [nameField, name] = field('Name', { maxlength: 200, placeholder: 'Dr. Meena, fish health' });
  const [phoneField, phone] = field('Phone', { type: 'tel', maxlength: 40, placeholder: '+91 98480 12345' });
  return {
    title: 'Send a contact',
    fields: [nameField, phoneField],
    read() {
      if (name.value.trim() === '') return 'Who is it?';
      return { content: { type: 'contact' }, contact: { name: name.value.trim(), phone: phone.value.trim() } };
    },
  };
}

function linkForm(): Form {
  const [urlField, url] = field('Address', { type: 'url', maxlength: 2048, placeholder: 'https://…' });
  const [nameField, name] = field('File name', { maxlength: 255, placeholder: 'water-quality-june.pdf' });
  const [captionField, caption] = field('Words below it', { maxlength: 4096 });
  return {
    title: 'Send a file by link',
    fields: [urlField, nameField, captionField],
    read() {
      if (!/^https?:\/\/./u.test(url.value)) return 'Give an address that begins with https://.';
      const picture = /\.(?:png|jpe?g|webp|avif)$/iu.test(new URL(url.value).pathname);
      const attachment = { url: url.value, file_name: name.value.trim() || (url.value.split('/').at(-1) ?? '') };
      return {
        content: { type: picture ? 'image' : 'document', caption: caption.value.trim() },
        attachments: [attachment],
      };
    },
  };
}
